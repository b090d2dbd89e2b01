import { sortFindings, type Finding } from "./finding.ts";

/** The checkpoint that a verification ended with. */
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
