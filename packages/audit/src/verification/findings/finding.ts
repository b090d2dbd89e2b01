/** What can be wrong with a log. */
export const FINDING_KINDS = [
  /** An event is not the one that was logged, or its columns say something else than its proven bytes. */
  "altered",
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

/** The newest checkpoint that counts, with what confirms it. */
export interface VerifiedCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** Base 64. */
  readonly root: string;
  /** vkeys of the log's keys that signed it. */
  readonly signedBy: readonly string[];
  readonly witnessedBy: readonly { readonly name: string; readonly time: string }[];
  /** RFC 3161 time and authority, where there is a stamp and certificates to verify it by. */
  readonly timeStamp: { readonly time: string; readonly authority: string } | null;
  /** The signed note, to be remembered. */
  readonly note: string;
}

export const VERIFICATION_RESULTS = [
  /** Something was proven, and nothing is wrong. */
  "as_signed",
  /** The findings say what is wrong. */
  "not_as_signed",
  /** Nothing is wrong with what is there, and nothing is there that a checkpoint vouches for: a log that is new, or was emptied. */
  "nothing_to_verify",
] as const;
/** How a verification ended. */
export type VerificationResult = (typeof VERIFICATION_RESULTS)[number];

/** What a verification found, and how much of the log it covers. */
export interface Verification {
  readonly result: VerificationResult;
  /** `result` is `as_signed`. */
  readonly ok: boolean;
  /** Events whose bytes were hashed and found in a signed tree. */
  readonly events: number;
  /** Events that no checkpoint covers: committed since, or all of them where nothing is signed. */
  readonly uncovered: number;
  /** Events that retention dropped, as records in the log say; their hashes are still in the signed tree. */
  readonly purged: number;
  /** Other events in the signed tree that are not there to be looked at: an export of a part. */
  readonly skipped: number;
  /** Records of purges and erasures that were taken without a signature, as older versions wrote them (`unsignedUntil`). */
  readonly unsignedRecords: number;
  /** The newest checkpoint that counts. */
  readonly checkpoint: VerifiedCheckpoint | null;
  /** To be remembered for the next time: the checkpoint's note, with what tells where a history was rewritten. */
  readonly memory: string | null;
  /** In order of position; the first is the first bad position that is known. */
  readonly findings: readonly Finding[];
}

/** Findings in order of position; those about no event come last. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => (a.seq ?? Number.POSITIVE_INFINITY) - (b.seq ?? Number.POSITIVE_INFINITY),
  );
}

/** What a verification comes to. That nothing is wrong with nothing is no success: the log may have been emptied. */
export function concludeVerification(counted: Omit<Verification, "result" | "ok">): Verification {
  const { findings, events, purged, skipped } = counted;
  const nothing = events + purged + skipped === 0;
  const result = findings.length > 0 ? "not_as_signed" : nothing ? "nothing_to_verify" : "as_signed";
  return { result, ok: result === "as_signed", ...counted, findings: sortFindings(findings) };
}

/** Whether as many events are signed as the verifier knows that there were. */
export function checkSize(size: number, atLeast: number): Finding[] {
  if (size >= atLeast) {
    return [];
  }
  const message = `${size} events are signed, and there were ${atLeast} at least: the log was cut off, or emptied, or an old backup was restored.`;
  return [{ kind: "rollback", seq: size, id: null, message }];
}
