import type { NoteSignature } from "./signed-note.ts";
import type { VerifierKey } from "./verifier-key.ts";

const BYTES = 8 + 64;
/** The end of the year 9999, in Unix seconds. */
const LATEST = 253_402_300_799;

/** What a witness signs: that at this time the checkpoint was the newest that it had seen. */
export function cosignedMessage(checkpointText: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${checkpointText}`);
}

/** `timestamped_signature` of C2SP tlog-cosignature: the time in eight bytes, then the signature. */
export function encodeCosignature(time: number, signature: Uint8Array): Buffer {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeBigUInt64BE(BigInt(time));
  bytes.set(signature, 8);
  return bytes;
}

/** Time of the witness, in Unix seconds; `null` when the cosignature does not verify. */
export function verifyCosignature(
  text: string,
  { signature }: NoteSignature,
  key: VerifierKey,
): number | null {
  if (signature.length !== BYTES) {
    return null;
  }
  const time = Number(Buffer.from(signature).readBigUInt64BE(0));
  // Zero would make no statement about time, and is not allowed for a witness; no date is as late as others.
  if (time === 0 || time > LATEST) {
    return null;
  }
  return key.verify(cosignedMessage(text, time), signature.subarray(8)) ? time : null;
}
