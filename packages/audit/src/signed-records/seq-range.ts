/** Numbers of consecutive events, both ends inclusive. */
export type SeqRange = readonly [first: number, last: number];

/** Whether a record says a range here: whatever it says came from a database that may have been tampered with. */
export function isSeqRange(value: unknown): value is SeqRange {
  return (
    Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger) && value[0] <= value[1]
  );
}
