/** Where the payloads of some events lie: ids grow with time, and both have indexes or partitions. */
export interface IdRange {
  readonly firstId: Buffer;
  readonly lastId: Buffer;
  /** Microseconds since 2000, as PostgreSQL counts. */
  readonly from: bigint;
  readonly to: bigint;
}

/** The range with one more event in it. */
export function widen(range: IdRange | null, id: Buffer, time: bigint): IdRange {
  if (range === null) {
    return { firstId: Buffer.from(id), lastId: Buffer.from(id), from: time, to: time };
  }
  return {
    firstId: Buffer.compare(id, range.firstId) < 0 ? Buffer.from(id) : range.firstId,
    lastId: Buffer.compare(id, range.lastId) > 0 ? Buffer.from(id) : range.lastId,
    from: time < range.from ? time : range.from,
    to: time > range.to ? time : range.to,
  };
}
