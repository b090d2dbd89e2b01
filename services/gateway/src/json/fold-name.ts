// oxlint-disable-next-line no-control-regex -- finding them is the point
const PLAIN = /^[\x21-\x7e]*$/;
/**
 * Characters of a name that no reader shows and some readers drop: control and format characters, separators,
 * whatever Unicode says to ignore (soft hyphen, joiners, variation selectors, Hangul fillers), the blank of Braille.
 */
const INVISIBLE = /[\p{C}\p{Z}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** More combining marks than any writing has (UAX 15, Stream-Safe Text). Sorting them takes the square of their number. */
const MARKS_WITHOUT_END = /\p{M}{31,}/gu;

/** Whether the name could keep a normaliser busy; no name of a human language does. */
export function hasEndlessMarks(name: string): boolean {
  return !PLAIN.test(name) && name.replaceAll(INVISIBLE, "").search(MARKS_WITHOUT_END) >= 0;
}

/**
 * What is left of a member's name for a reader that ignores case, as Go's encoding/json does, that normalises, or that
 * drops what cannot be seen: names with the same fold can be one name to it. Unicode's full case folding after NFKD,
 * and the dotted and dotless i of Turkish as the one that has both. Equal strings have equal folds.
 */
export function foldName(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  const bare = name.replaceAll(INVISIBLE, "").replaceAll(MARKS_WITHOUT_END, "").normalize("NFKD");
  // Lower case alone leaves ſ and ς; upper case alone leaves K. U+0307 is the dot that İ leaves behind.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().normalize("NFKD");
  return folded.replaceAll("i\u0307", "i").replaceAll("ς", "σ").replaceAll(INVISIBLE, "");
}

/** The same for readers that also take `task_id` or `task-id` for `taskId`, as pydantic models and Go's json/v2 may. */
export function foldSpelling(name: string): string {
  return foldName(name).replaceAll(/[-_]/g, "");
}
