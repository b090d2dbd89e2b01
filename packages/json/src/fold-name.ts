/** Printable ASCII. */
const PLAIN = /^[\x20-\x7e]*$/;
/**
 * Characters of a name that no reader shows and some readers drop: control and format characters, separators,
 * whatever Unicode says to ignore (soft hyphen, joiners, variation selectors, Hangul fillers), the blank of Braille.
 */
const INVISIBLE = /[\p{C}\p{Z}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** More combining marks than any writing has (UAX 15, Stream-Safe Text). Sorting them takes the square of their number. */
const MARKS_WITHOUT_END = /\p{M}{31,}/gu;

/**
 * What is left of a member's name for a reader that ignores case, as Go's encoding/json does, that normalises, or that
 * drops what cannot be seen: names with the same fold can be one name to it. Unicode's full case folding after NFKD,
 * and the dotted and dotless i of Turkish as the one that has both. Equal strings have equal folds.
 */
export function foldName(name: string): string {
  if (PLAIN.test(name)) {
    return (name.includes(" ") ? name.replaceAll(" ", "") : name).toLowerCase();
  }
  const bare = name.replaceAll(INVISIBLE, "").replaceAll(MARKS_WITHOUT_END, "").normalize("NFKD");
  // Lower case alone leaves ſ and ς; upper case alone leaves K. U+0307 is the dot that İ leaves behind.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().normalize("NFKD");
  return folded.replaceAll("i\u0307", "i").replaceAll("ς", "σ").replaceAll(INVISIBLE, "");
}

/** The same for readers that also take `task_id` or `task-id` for `taskId`, as pydantic models and Go's json/v2 may. */
export function foldSpelling(name: string): string {
  return foldName(name).replaceAll(/[-_]/g, "");
}

/** Characters of one name beyond ASCII, and of all different ones of a message: folding takes a microsecond for each. */
const MAX_NAME = 256;
const MAX_ALL = 32 * 1024;
/** The same for names of ASCII, of which a microsecond folds 20 characters. */
const MAX_ALL_PLAIN = 1024 * 1024;

/** `null` for a name that would take too long. */
export type Fold = (name: string) => string | null;

/** `fold` for the names of one message: each different one is folded once, and not without end. */
export function createFold(fold: (name: string) => string): Fold {
  const known = new Map<string, string | null>();
  let left = MAX_ALL;
  let leftPlain = MAX_ALL_PLAIN;

  function foldNew(name: string): string | null {
    if (name.length > leftPlain) {
      return null;
    }
    if (PLAIN.test(name)) {
      leftPlain -= name.length;
      return fold(name);
    }
    left -= name.length;
    return name.length > MAX_NAME || left < 0 ? null : fold(name);
  }

  return (name) => {
    let folded = known.get(name);
    if (folded === undefined) {
      known.set(name, (folded = foldNew(name)));
    }
    return folded;
  };
}
