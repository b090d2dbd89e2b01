import { parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { verifyCosignature } from "./cosignature.ts";
import { TransparencyLogError } from "../errors.ts";
import type { KeySet } from "./key-set.ts";
import { parseNote } from "./signed-note.ts";
import { formatKeyId, type VerifierKey } from "./verifier-key.ts";

/** A checkpoint whose signatures were verified. */
export interface OpenedCheckpoint extends Checkpoint {
  /** The signed text. */
  readonly text: string;
  /** The log's keys that signed it: at least one. */
  readonly signedBy: readonly VerifierKey[];
  /** Trusted witnesses that saw it, and when (Unix seconds). */
  readonly witnessedBy: readonly { readonly key: VerifierKey; readonly time: number }[];
}

/**
 * Verifies a checkpoint: every signature of a trusted key must be right, and at least one must be the log's, by a key
 * that may sign a tree of that size. The log is that of `origin`; without it, the one that the key is named for. Throws `malformed_note`, `malformed_checkpoint`, `wrong_origin`, `unknown_key`,
 * `invalid_signature` or `key_out_of_range`.
 */
export function openCheckpoint(note: string, keys: KeySet, origin?: string): OpenedCheckpoint {
  const { text, signatures } = parseNote(note);
  const signedBy = new Set<VerifierKey>();
  const witnesses = new Map<VerifierKey, number>();
  const checkpoint = parseCheckpoint(text);
  const { size } = checkpoint;
  let outOfRange: string | undefined;
  let foreign: string | undefined;

  for (const signature of signatures) {
    const trusted = keys.find(signature);
    // Signatures of unknown keys are allowed and mean nothing.
    if (trusted === undefined) {
      continue;
    }
    const { key } = trusted;
    const time = key.type === "cosignature" ? verifyCosignature(text, signature, key) : null;
    const right =
      key.type === "cosignature" ? time !== null : key.verify(Buffer.from(text), signature.signature);
    if (!right) {
      throw new TransparencyLogError(
        "invalid_signature",
        `The signature of key ${key.name}+${formatKeyId(key.id)} on the checkpoint of size ${size} is wrong.`,
      );
    }
    if (time !== null) {
      witnesses.set(key, time);
    } else if (origin === undefined && key.name !== checkpoint.origin) {
      foreign = `The checkpoint is of log "${checkpoint.origin}"; key ${key.name}+${formatKeyId(key.id)} is that of log "${key.name}". Where it signs this one, too, give its name as the origin.`;
    } else if (size >= trusted.fromSize && size <= trusted.untilSize) {
      signedBy.add(key);
    } else {
      outOfRange = `Key ${key.name}+${formatKeyId(key.id)} may sign sizes ${trusted.fromSize} to ${trusted.untilSize}, not ${size}.`;
    }
  }

  if (signedBy.size === 0 && outOfRange !== undefined) {
    throw new TransparencyLogError("key_out_of_range", outOfRange);
  }
  if (signedBy.size === 0 && foreign !== undefined) {
    throw new TransparencyLogError("wrong_origin", foreign);
  }
  if (signedBy.size === 0) {
    const names = signatures.map(({ name, keyId }) => `${name}+${formatKeyId(keyId)}`).join(", ");
    throw new TransparencyLogError(
      "unknown_key",
      `The checkpoint of size ${size} is signed by ${names}, which is not trusted.`,
    );
  }
  if (origin !== undefined && checkpoint.origin !== origin) {
    throw new TransparencyLogError(
      "wrong_origin",
      `The checkpoint is of log "${checkpoint.origin}", not "${origin}".`,
    );
  }
  return {
    ...checkpoint,
    text,
    signedBy: [...signedBy],
    witnessedBy: [...witnesses].map(([key, time]) => ({ key, time })),
  };
}
