import { createPrivateKey, hash, type KeyObject } from "node:crypto";

/** The Ed25519 private key of a 32-byte seed (RFC 8032), in the PKCS #8 frame of RFC 8410. */
export function seedKey(seed: Uint8Array): KeyObject {
  const frame = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([frame, seed]), format: "der", type: "pkcs8" });
}

/** A key for tests that is the same in every run. */
export function namedKey(name: string): KeyObject {
  return seedKey(hash("sha256", name, "buffer"));
}
