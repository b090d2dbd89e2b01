import type { X509Certificate } from "node:crypto";
import { verifyTimeStamp } from "../../attestation/time-stamp/time-stamp-token.ts";
import { AttestationError } from "../../attestation/errors.ts";
import { encodeBase64 } from "../../transparency-log/encodings.ts";
import { TransparencyLogError, type TransparencyLogErrorCode } from "../../transparency-log/errors.ts";
import type { KeySet } from "../../transparency-log/notes/key-set.ts";
import { openCheckpoint, type OpenedCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import type { Finding, FindingKind } from "../findings/finding.ts";
import type { VerifiedCheckpoint } from "../findings/verification.ts";

/** What checkpoints are verified by. */
export interface Trust {
  readonly keys: KeySet;
  /** The log that is expected; any, where it is not given. */
  readonly origin?: string;
  /** Certificates that time stamps have to lead to; without any, time stamps are not looked at. */
  readonly timeStampAuthorities?: readonly X509Certificate[];
  /**
   * Records of purges and erasures below this number count without a signature: an older version, which did not sign
   * them, recorded all events up to then. Default 0.
   */
  readonly unsignedUntil?: number;
  /** So many events were signed before, as a receipt, a SIEM or a witness says. Default 0. */
  readonly atLeast?: number;
}

export interface CheckpointCandidate {
  readonly note: string;
  /** What is stored with it, which must be the same. */
  readonly size?: number;
  readonly root?: Uint8Array;
  readonly timeStamp?: Buffer | null;
}

export interface TrustedCheckpoint extends OpenedCheckpoint {
  readonly verified: VerifiedCheckpoint;
}

const KINDS: Partial<Record<TransparencyLogErrorCode, FindingKind>> = {
  unknown_key: "wrong_key",
  key_out_of_range: "wrong_key",
  invalid_signature: "wrong_signature",
};

/** Verifies one checkpoint; what is wrong with it is told, not thrown. */
export function checkCheckpoint(
  candidate: CheckpointCandidate,
  trust: Trust,
): { readonly checkpoint: TrustedCheckpoint | null; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const about = (kind: FindingKind, message: string): void => {
    findings.push({ kind, seq: null, id: null, message });
  };
  let opened: OpenedCheckpoint;
  try {
    opened = openCheckpoint(candidate.note, trust.keys, trust.origin);
  } catch (error) {
    if (!(error instanceof TransparencyLogError)) {
      throw error;
    }
    about(KINDS[error.code] ?? "wrong_checkpoint", error.message);
    return { checkpoint: null, findings };
  }
  const { size, root, origin } = opened;
  const otherSize = candidate.size !== undefined && candidate.size !== size;
  if (otherSize || (candidate.root !== undefined && Buffer.compare(candidate.root, root) !== 0)) {
    about(
      "wrong_checkpoint",
      `The checkpoint of size ${size} is stored with another size or root than it was signed with.`,
    );
  }
  const timeStamp = checkTimeStamp(candidate, opened, trust, (message) => about("wrong_time_stamp", message));
  const verified: VerifiedCheckpoint = {
    origin,
    size,
    root: encodeBase64(root),
    signedBy: opened.signedBy.map(({ vkey }) => vkey),
    witnessedBy: opened.witnessedBy.map(({ key, time }) => ({
      name: key.name,
      time: new Date(time * 1000).toISOString(),
    })),
    timeStamp,
    note: candidate.note,
  };
  return { checkpoint: { ...opened, verified }, findings };
}

function checkTimeStamp(
  { timeStamp }: CheckpointCandidate,
  { text, size }: OpenedCheckpoint,
  { timeStampAuthorities }: Trust,
  complain: (message: string) => void,
): VerifiedCheckpoint["timeStamp"] {
  if (!timeStamp || timeStampAuthorities === undefined) {
    return null;
  }
  try {
    const { time, authority } = verifyTimeStamp(timeStamp, { data: Buffer.from(text) }, timeStampAuthorities);
    return { time: time.toISOString(), authority };
  } catch (error) {
    if (!(error instanceof AttestationError)) {
      throw error;
    }
    complain(`Checkpoint of size ${size}: ${error.message}`);
    return null;
  }
}
