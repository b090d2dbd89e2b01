/**
 * A large chunk in pieces. What is written as one counts as not taken at all until the last byte of it is: a client that
 * takes it slowly could not be told from one that takes nothing.
 */
export function* pieces(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
    yield chunk.subarray(start, start + PIECE_BYTES);
  }
}

export const PIECE_BYTES = 64 * 1024;
