/** What can be wrong with a log. */
export const FINDING_KINDS = [
  /** An event is not the one that was logged, or its columns say something else than its proven bytes. */
  "altered",
  /** An event is the one that was logged, and its bytes are none that this log writes: two readers may see two events. */
  "ambiguous",
  /** An event that was logged is missing. */
  "missing",
  /** An event stands in the log that was never logged there. */
  "extra",
  /** An event that was logged stands in another's place. */
  "reordered",
  /** The log's history is not the one that was signed, or remembered, as far as it goes. */
  "fork",
  /** The log ends before what was signed or remembered: its tail was cut off, or an old backup was restored. */
  "rollback",
  /** A checkpoint is signed by a key that is not trusted, or not for a tree of that size. */
  "wrong_key",
  /** A checkpoint was changed after it was signed. */
  "wrong_signature",
  /** A checkpoint is no checkpoint, or one of another log; or there is none where there must be one. */
  "wrong_checkpoint",
  /** A time stamp on a checkpoint does not count. */
  "wrong_time_stamp",
  /** The tiles were changed; the events are as they were signed. */
  "tiles_altered",
  /** An argument or result that is kept beside the log is not the one whose digest was logged. */
  "payload_altered",
  /** An argument or result that was kept beside the log is missing, and no record says that it was erased or dropped. */
  "payload_missing",
  /** A record that excuses missing events or payloads does not count: not signed with the log's key, or not for its place. */
  "forged_record",
  /** An export is cut off or has lines that belong to none. */
  "malformed",
] as const;
/** One of `FINDING_KINDS`. */
export type FindingKind = (typeof FINDING_KINDS)[number];

/** A column of an event that differs from the event's proven bytes. */
export interface ColumnDifference {
  readonly column: string;
  /** What the column says. */
  readonly stored: unknown;
  /** What the canonical bytes say. */
  readonly recorded: unknown;
}

/** One thing that is wrong with a log. */
export interface Finding {
  readonly kind: FindingKind;
  /** The first bad position, or the first position that may be bad; `null` where it is about no event. */
  readonly seq: number | null;
  /** Where the position cannot be told exactly: it lies before this one. */
  readonly before?: number;
  /** The event that stands there now, or stood there, as far as it is known. */
  readonly id: string | null;
  /** One sentence for people. */
  readonly message: string;
  readonly columns?: readonly ColumnDifference[];
}

/** Findings in order of position; those about no event come last. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => (a.seq ?? Number.POSITIVE_INFINITY) - (b.seq ?? Number.POSITIVE_INFINITY),
  );
}
