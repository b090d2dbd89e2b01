import { isJsonObject, type Json } from "./json-value.ts";
import { createFold, foldName, type Fold } from "./fold-name.ts";
import { shown } from "./known-members.ts";

/** What in a parsed value two readers could understand differently, wherever it stands. */
export interface Ambiguity {
  readonly kind: "similar_keys" | "broken_unicode";
  /** One clause for people, e.g. `an object has both "account" and "Account"`. */
  readonly problem: string;
}

/**
 * Looks through all of a value for an object with two keys that fold to the same name, and for text with half a
 * surrogate pair, which no UTF-8 can hold. Keys that are written twice are counted by `measure.ts`, as the parser
 * has dropped them. Recursive: bound the depth first.
 *
 * @param text what the value was parsed from, to know where looking at its texts can be spared
 */
export function findAmbiguity(value: Json, text: string): Ambiguity | null {
  return look(value, HALF_PAIR.test(text), createFold(foldName));
}

/** Whether a text within has half a surrogate pair. @param text what the value was parsed from */
export function hasBrokenUnicode(value: Json, text: string): boolean {
  return HALF_PAIR.test(text) && isBroken(value);
}

function isBroken(value: Json): boolean {
  if (typeof value === "string") {
    return !value.isWellFormed();
  }
  if (Array.isArray(value)) {
    return value.some(isBroken);
  }
  if (!isJsonObject(value)) {
    return false;
  }
  return Object.entries(value).some(([key, inner]) => !key.isWellFormed() || isBroken(inner));
}

/** The escape of a surrogate, of which a half may come alone; in UTF-8 itself there can be none. */
const HALF_PAIR = /\\u[dD][89a-fA-F]/;

function look(value: Json, textsToo: boolean, fold: Fold): Ambiguity | null {
  if (typeof value === "string") {
    return textsToo && !value.isWellFormed() ? BROKEN_UNICODE : null;
  }
  if (Array.isArray(value)) {
    for (const element of value) {
      const found = look(element, textsToo, fold);
      if (found !== null) {
        return found;
      }
    }
    return null;
  }
  if (!isJsonObject(value)) {
    return null;
  }
  const keys = Object.keys(value);
  const found = similarKeys(keys, fold);
  if (found !== null) {
    return found;
  }
  for (const key of keys) {
    if (textsToo && !key.isWellFormed()) {
      return BROKEN_UNICODE;
    }
    const inner = look(value[key] ?? null, textsToo, fold);
    if (inner !== null) {
      return inner;
    }
  }
  return null;
}

/** Neither capitals nor anything beyond ASCII: two such keys that differ are two to all readers. */
const LOWER = /^[\x21-\x40\x5b-\x7e]*$/;

function similarKeys(keys: readonly string[], fold: Fold): Ambiguity | null {
  if (keys.every((key) => LOWER.test(key))) {
    return null;
  }
  const folds = new Map<string, string>();
  for (const key of keys) {
    const folded = fold(key);
    if (folded === null) {
      return TOO_LONG;
    }
    const other = folds.get(folded);
    if (other !== undefined) {
      const problem = `an object has both "${shown(other)}" and "${shown(key)}", which are one key to some readers`;
      return { kind: "similar_keys", problem };
    }
    folds.set(folded, key);
  }
  return null;
}

const TOO_LONG: Ambiguity = {
  kind: "similar_keys",
  problem:
    "keys with capitals, spaces or characters beyond ASCII are too long: 256 characters beyond ASCII, 32,768 of them together, or 1,048,576 of any",
};

const BROKEN_UNICODE: Ambiguity = {
  kind: "broken_unicode",
  problem: "a text has half a surrogate pair, which is no Unicode",
};
