import { hash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

/** API keys begin with this, tokens cannot. */
export const API_KEY_PREFIX = "sark_";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 40;
const CHECKSUM_LENGTH = 6;
const KEY = new RegExp(`^${API_KEY_PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * `sark_`, 40 random characters of 62 (238 bits), and their CRC-32 as 6 characters. The prefix lets scanners
 * find keys that got into the wrong place, the checksum tells a mistyped key from an unknown one.
 */
export function generateApiKey(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return `${API_KEY_PREFIX}${secret}${checksum(secret)}`;
}

export function isApiKey(text: string): boolean {
  return KEY.test(text) && text.endsWith(checksum(text.slice(API_KEY_PREFIX.length, -CHECKSUM_LENGTH)));
}

/** What is kept of a key: SHA-256, hex. A slow hash would add nothing to 238 bits of chance. */
export function digestOf(key: string): string {
  return hash("sha256", key, "hex");
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = "";
  for (let position = 0; position < CHECKSUM_LENGTH; position++) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
