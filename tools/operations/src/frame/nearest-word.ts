/** The word that was most likely meant, where one is near; `null` otherwise. */
export function nearestWord(typed: string, words: readonly string[]): string | null {
  // A word this long is no mistype of one of ours, and costs no time.
  if (typed.length > 40) {
    return null;
  }
  const near = words
    .map((word) => ({ word, steps: word.startsWith(typed) && typed !== "" ? 0.5 : distance(typed, word) }))
    .filter(({ word, steps }) => steps <= Math.max(1, Math.min(3, Math.floor(word.length / 3))))
    .toSorted((one, other) => one.steps - other.steps);
  return near[0]?.word ?? null;
}

/** How many characters have to be put in, taken out, changed, or swapped with the next one (Damerau–Levenshtein, restricted). */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let steps = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        steps = Math.min(steps, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(steps);
    }
    rows.push(row);
  }
  return rows[one.length]?.[other.length] ?? 0;
}
