import { isJsonObject, type Json, foldName } from "@sark/json";
import type { ContextAccess } from "./context-access.ts";
import { UndecidableInputError, unescapeKey } from "./to-cedar-value.ts";

/**
 * A key that is one which policies name, but for case, normalisation or invisible characters, is that one to some
 * servers: a rule about it would not fire. Where policies name both, their author knows of both. Throws
 * `UndecidableInputError`.
 */
export function refuseLookAlikes(value: Json, access: ContextAccess): void {
  if (access.fields.size === 0 || !isJsonObject(value)) {
    return;
  }
  const { keys, folds } = namesOf(access);
  for (const key of Object.keys(value)) {
    if (!keys.has(key) && folds.has(foldName(key))) {
      throw new UndecidableInputError("to some servers a key in it is one that policies name");
    }
  }
  for (const [name, inner] of access.fields) {
    const key = unescapeKey(name);
    if (key !== null && Object.hasOwn(value, key)) {
      refuseLookAlikes(value[key] ?? null, inner);
    }
  }
}

interface Names {
  readonly keys: ReadonlySet<string>;
  readonly folds: ReadonlySet<string>;
}

/** Made once for the policies in force. */
const known = new WeakMap<ContextAccess, Names>();

function namesOf(access: ContextAccess): Names {
  let names = known.get(access);
  if (names === undefined) {
    const keys = [...access.fields.keys()].map(unescapeKey).filter((key) => key !== null);
    known.set(access, (names = { keys: new Set(keys), folds: new Set(keys.map(foldName)) }));
  }
  return names;
}
