import { randomBytes } from "node:crypto";

const POOL_BYTES = 8_192;
let pool = randomBytes(POOL_BYTES);
let offset = 0;

/** Randomness in bulk: one system call for several hundred ids. No byte is given twice. */
export function nextRandom(bytes: number): Buffer {
  if (offset + bytes > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    offset = 0;
  }
  const slice = pool.subarray(offset, offset + bytes);
  offset += bytes;
  return slice;
}
