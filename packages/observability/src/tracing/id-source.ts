/** Random ids of traces and spans, in lower-case hexadecimal as W3C has them. */
export interface IdSource {
  /** 32 digits. */
  traceId(): string;
  /** 16 digits. */
  spanId(): string;
  /** From 0 to 1, without 1. */
  chance(): number;
}

/** Ids for about 300 spans: the random numbers, and the digits, of many cost little more than those of one. */
const POOL_BYTES = 2_400;

export function createIdSource(): IdSource {
  const pool = Buffer.alloc(POOL_BYTES);
  let digits = "";
  let next = 0;
  /** Where in the digits there are so many that nothing had before. */
  function take(length: number): number {
    if (next + length > digits.length) {
      digits = crypto.getRandomValues(pool).toString("hex");
      next = 0;
    }
    next += length;
    return next - length;
  }
  function id(length: number): string {
    const at = take(length);
    return digits.slice(at, at + length);
  }
  return {
    traceId: () => id(32),
    spanId: () => id(16),
    // Of the bytes that are two digits each.
    chance: () => pool.readUInt32BE(take(8) / 2) / 2 ** 32,
  };
}
