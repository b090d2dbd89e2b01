/** Random ids of traces and spans, in lower-case hexadecimal as W3C has them. */
export interface IdSource {
  /** 32 digits. */
  traceId(): string;
  /** 16 digits. */
  spanId(): string;
}

/** Ids for about 300 spans: the random numbers, and the digits, of many cost little more than those of one. */
const POOL_BYTES = 2_400;

export function createIdSource(): IdSource {
  const pool = Buffer.alloc(POOL_BYTES);
  let digits = "";
  let next = 0;
  function take(length: number): string {
    if (next + length > digits.length) {
      digits = crypto.getRandomValues(pool).toString("hex");
      next = 0;
    }
    next += length;
    return digits.slice(next - length, next);
  }
  return { traceId: () => take(32), spanId: () => take(16) };
}
