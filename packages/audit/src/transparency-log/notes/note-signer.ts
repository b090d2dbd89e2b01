import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { createVerifierKey, type VerifierKey } from "./verifier-key.ts";
import type { NoteSignature } from "./signed-note.ts";
import { cosignedMessage, encodeCosignature } from "./cosignature.ts";

/** Signs as a log does. Ed25519 is deterministic: the same text gives the same signature. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** @param text the note's text, with its final newline */
  sign(text: string): NoteSignature;
}

/** @param privateKey an Ed25519 key */
export function createNoteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const key = createVerifierKey(name, publicBytes(privateKey), "ed25519");
  return {
    key,
    sign: (text) => ({ name, keyId: key.id, signature: sign(null, Buffer.from(text), privateKey) }),
  };
}

/** Signs as a witness does (C2SP tlog-cosignature, Ed25519). */
export interface Cosigner {
  readonly key: VerifierKey;
  /** @param time Unix seconds */
  cosign(checkpointText: string, time: number): NoteSignature;
}

/** Signs checkpoints as a witness does (C2SP tlog-cosignature), for tests. */
export function createCosigner(name: string, privateKey: KeyObject): Cosigner {
  const key = createVerifierKey(name, publicBytes(privateKey), "cosignature");
  return {
    key,
    cosign(text, time) {
      const signature = sign(null, cosignedMessage(text, time), privateKey);
      return { name, keyId: key.id, signature: encodeCosignature(time, signature) };
    },
  };
}

function publicBytes(privateKey: KeyObject): Buffer {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  if (privateKey.asymmetricKeyType !== "ed25519" || x === undefined) {
    throw new TypeError("Notes are signed with Ed25519 keys only.");
  }
  return Buffer.from(x, "base64url");
}
