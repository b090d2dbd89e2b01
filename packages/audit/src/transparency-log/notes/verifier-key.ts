import { createPublicKey, hash, verify, type KeyObject } from "node:crypto";
import { decodeBase64, encodeBase64 } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";

/** Signature types of C2SP signed-note that are understood here. */
export const SIGNATURE_TYPES = {
  /** Ed25519 over the note's text: what a log signs with. */
  ed25519: 0x01,
  /** Timestamped Ed25519 cosignature of a checkpoint: what a witness signs with (C2SP tlog-cosignature). */
  cosignature: 0x04,
} as const;
export type SignatureType = keyof typeof SIGNATURE_TYPES;

/** The public half of a key that signs notes (C2SP signed-note). */
export interface VerifierKey {
  readonly name: string;
  readonly id: number;
  readonly type: SignatureType;
  /** `<name>+<id in hex>+<base64 of type and public key>`. */
  readonly vkey: string;
  /** Whether the Ed25519 signature of these bytes is by this key. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

const PUBLIC_KEY_BYTES = 32;
const KEY_NAME = /^[^\p{White_Space}+]+$/u;

/** Reads a vkey; throws `malformed_key`, also when the id in it is not that of its key. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const parts = vkey.split("+");
  const [name = "", id = ""] = parts;
  // The base64 part may itself contain a plus.
  const bytes = decodeBase64(parts.slice(2).join("+"));
  const type = (Object.keys(SIGNATURE_TYPES) as SignatureType[]).find(
    (one) => SIGNATURE_TYPES[one] === bytes?.[0],
  );
  if (bytes?.length !== 1 + PUBLIC_KEY_BYTES || type === undefined || !isKeyName(name)) {
    throw new TransparencyLogError(
      "malformed_key",
      `"${vkey}" is no verifier key; one looks like example.com/log+530d903a+AekyeRrm56hApGFkyQR4…`,
    );
  }
  const key = createVerifierKey(name, bytes.subarray(1), type);
  if (formatKeyId(key.id) !== id) {
    throw new TransparencyLogError("malformed_key", `"${vkey}": its id should be ${formatKeyId(key.id)}.`);
  }
  return key;
}

/** @param publicKey the 32 bytes of RFC 8032 */
export function createVerifierKey(name: string, publicKey: Uint8Array, type: SignatureType): VerifierKey {
  if (!isKeyName(name)) {
    throw new TransparencyLogError(
      "malformed_key",
      `"${name}" is no key name: no spaces and no "+", at least a character.`,
    );
  }
  const id = keyId(name, publicKey, type);
  const encoded = encodeBase64(Buffer.concat([Buffer.from([SIGNATURE_TYPES[type]]), publicKey]));
  const key: KeyObject = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  return {
    name,
    id,
    type,
    vkey: `${name}+${formatKeyId(id)}+${encoded}`,
    verify: (message, signature) => signature.length === 64 && verify(null, message, key, signature),
  };
}

/** First four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key). */
function keyId(name: string, publicKey: Uint8Array, type: SignatureType): number {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([SIGNATURE_TYPES[type]]), publicKey]);
  return hash("sha256", input, "buffer").readUInt32BE(0);
}

export function formatKeyId(id: number): string {
  return id.toString(16).padStart(8, "0");
}

function isKeyName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return KEY_NAME.test(name) && name.isWellFormed() && !/[\u0000-\u001f]/.test(name);
}
