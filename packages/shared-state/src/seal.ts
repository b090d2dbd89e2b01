import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** What replicas with one key write for each other where others could read or write, too. */
export interface Seal {
  /** Names the key, so that replicas with different keys keep apart. */
  readonly name: string;
  /** Stands for a text: the same for the same one, and to be made with the key alone. */
  tag(text: string): string;
  /** `bound`: what it belongs to; opened with another it is nothing. */
  close(bound: string, text: string): string;
  /** `null` for what was not closed with this key for this. */
  open(bound: string, sealed: string): string | null;
}

const NONCE_BYTES = 12;
const CODE_BYTES = 16;

/** AES-256-GCM with keys of this one purpose. `key`: at least 32 secret bytes, the same on every replica. */
export function createSeal(key: Buffer, purpose: string): Seal {
  const derived = (use: string) => Buffer.from(hkdfSync("sha256", key, "", `sark ${purpose} ${use}`, 32));
  const secret = derived("seal");
  const names = derived("names");
  const tag = (text: string) => createHmac("sha256", names).update(text).digest("base64url").slice(0, 22);
  return {
    name: tag("").slice(0, 11),
    tag,
    close(bound, text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(Buffer.from(bound));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
    },
    open(bound, sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < NONCE_BYTES + CODE_BYTES) {
        return null;
      }
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const code = bytes.subarray(NONCE_BYTES, NONCE_BYTES + CODE_BYTES);
      try {
        const cipher = createDecipheriv("aes-256-gcm", secret, nonce, { authTagLength: CODE_BYTES });
        cipher.setAAD(Buffer.from(bound)).setAuthTag(code);
        const body = bytes.subarray(NONCE_BYTES + CODE_BYTES);
        return Buffer.concat([cipher.update(body), cipher.final()]).toString("utf8");
      } catch {
        return null;
      }
    },
  };
}
