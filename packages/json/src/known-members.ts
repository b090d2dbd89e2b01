import { isJsonObject, type Json } from "./json-value.ts";
import { createFold, foldName, foldSpelling, type Fold } from "./fold-name.ts";

/** An object whose members a protocol or a schema names; what else it has is free. */
export interface Place {
  readonly names: ReadonlySet<string>;
  /** How names are compared: `foldName`, or `foldSpelling` where `_` and `-` do not count either. */
  fold(name: string): string;
  /** The known names by their fold. */
  readonly folds: ReadonlySet<string>;
  /** Where the value of a known member is a place, too. */
  readonly inner: ReadonlyMap<string, Place>;
  /** Where every member that is not known is one: a map with keys of the caller's. */
  readonly each: Place | null;
  /** What it is in place of this where it has a certain member. */
  readonly having: { readonly member: string; readonly is: Place } | null;
}

/** A member that some readers would take for a known one, as `params.Name`. */
export interface LookAlike {
  readonly path: string;
}

/** @param members the known names; `null` where nothing is known of the value */
export function place(
  members: Readonly<Record<string, Place | null>>,
  more: Partial<Pick<Place, "each" | "having" | "fold">> = {},
): Place {
  const { fold = foldSpelling } = more;
  const names = Object.keys(members);
  const inner = Object.entries(members).filter((entry): entry is [string, Place] => entry[1] !== null);
  return {
    names: new Set(names),
    fold,
    folds: new Set(names.map(fold)),
    inner: new Map(inner),
    each: null,
    having: null,
    ...more,
  };
}

/** Where `_` and `-` may tell two members apart. */
export function exactPlace(members: Readonly<Record<string, Place | null>>): Place {
  return place(members, { fold: foldName });
}

/**
 * The first member that is a known one but for case, normalisation or invisible characters: a reader that
 * is not exact would see another message than the gateway decides about. Lists are looked at element by element. Goes no
 * deeper than the places are nested.
 */
export function findLookAlike(value: Json | undefined, known: Place, path: string): LookAlike | null {
  const folds = new Map<Place["fold"], Fold>();

  function foldOf({ fold }: Place): Fold {
    let made = folds.get(fold);
    if (made === undefined) {
      folds.set(fold, (made = createFold(fold)));
    }
    return made;
  }

  /** A name that takes too long to be compared is taken for a known one. */
  function isAlike(key: string, known: Place): boolean {
    const folded = foldOf(known)(key);
    return folded === null || known.folds.has(folded);
  }

  /** The path from here; it is put together only where there is one, as nearly all messages have none. */
  function find(value: Json | undefined, known: Place): string | null {
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) {
        const found = find(element, known);
        if (found !== null) {
          return `[${index}]${found}`;
        }
      }
      return null;
    }
    if (!isJsonObject(value)) {
      return null;
    }
    const { having } = known;
    if (having !== null && Object.hasOwn(value, having.member)) {
      return find(value, having.is);
    }
    for (const key of Object.keys(value)) {
      const isKnown = known.names.has(key);
      if (!isKnown && isAlike(key, known)) {
        return `.${shown(key)}`;
      }
      const inner = isKnown ? known.inner.get(key) : known.each;
      const found = inner ? find(value[key], inner) : null;
      if (found !== null) {
        return `.${shown(key)}${found}`;
      }
    }
    return null;
  }

  const found = find(value, known);
  return found === null ? null : { path: `${path}${found}` };
}

/** A caller's key, short, with what cannot be seen in it written out. */
export function shown(key: string): string {
  const text = key.length <= 40 ? key : `${key.slice(0, 40)}…`;
  return text.replaceAll(/[^\x21-\x7e…]/gu, (character) => `U+${hex(character)}`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
