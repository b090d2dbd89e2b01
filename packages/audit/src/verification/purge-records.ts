import { RETENTION_PURGE } from "../events/gateway-event.ts";
import type { Queryable } from "../store/query/read-events.ts";

/** What retention says that it dropped. Each record is an event of the log and proven like any other. */
export interface PurgeRecords {
  /** The number of the newest record; -1 where there is none. Not how many: a purge drops old ones along with the events. */
  readonly newest: number;
  /** The first number of `from … to-1` that no record names; `null` when all were dropped by retention. */
  firstUncovered(from: number, to: number): number | null;
  /** The first number of `from … to-1` that a record names; `to` when none is. */
  nextCovered(from: number, to: number): number;
}

type Range = readonly [first: number, last: number];

/** What a record says: `retention_purge` events, as the store writes them. */
interface PurgeEvent {
  readonly event_type?: unknown;
  readonly metadata?: {
    readonly table?: unknown;
    readonly rows?: unknown;
    /** Dropped by earlier purges, whose records this one dropped. */
    readonly earlier_rows?: unknown;
    readonly seq_ranges?: unknown;
    readonly all_ranges_named?: unknown;
  };
}

/** Collects the records of a log, in any order. */
export function createPurgeRecords(): PurgeRecords & { add(seq: number, canonical: Uint8Array): void } {
  const ranges: Range[] = [];
  // Rows far out of order can have more ranges than a record names: so many more may be missing before it.
  const unnamed: { readonly before: number; left: number }[] = [];

  let newest = -1;
  return {
    get newest() {
      return newest;
    },
    add(seq, canonical) {
      const record = parse(canonical);
      if (record?.event_type !== RETENTION_PURGE || record.metadata?.table !== "gateway_audit_events") return;
      const { rows, earlier_rows: earlier = 0, seq_ranges: named, all_ranges_named: all } = record.metadata;
      newest = Math.max(newest, seq);
      // A record can only tell of what was there before it.
      const valid = (Array.isArray(named) ? named : []).filter(isRange).filter(([, last]) => last < seq);
      ranges.push(...valid);
      const counted = valid.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      if (all === false && typeof rows === "number" && typeof earlier === "number") {
        unnamed.push({ before: seq, left: rows + earlier - counted });
      }
    },
    firstUncovered(from, to) {
      for (let seq = from; seq < to;) {
        const range = ranges.find(([first, last]) => first <= seq && seq <= last);
        const budget = unnamed.find(({ before, left }) => seq < before && left > 0);
        if (range !== undefined) seq = range[1] + 1;
        else if (budget !== undefined) {
          budget.left -= 1;
          seq += 1;
        } else return seq;
      }
      return null;
    },
    nextCovered: (from, to) =>
      ranges.reduce(
        (next, [first, last]) => (last >= from ? Math.min(next, Math.max(first, from)) : next),
        to,
      ),
  };
}

export async function readPurgeRecords(client: Queryable): Promise<PurgeRecords> {
  const records = createPurgeRecords();
  const { rows } = await client.query<{ seq: string; canonical: Buffer }>(
    "SELECT seq, canonical FROM gateway_audit_events WHERE event_type = 'retention_purge' ORDER BY seq",
  );
  for (const { seq, canonical } of rows) records.add(Number(seq), canonical);
  return records;
}

function isRange(value: unknown): value is Range {
  return (
    Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger) && value[0] <= value[1]
  );
}

function parse(canonical: Uint8Array): PurgeEvent | null {
  try {
    const event: unknown = JSON.parse(Buffer.from(canonical).toString("utf8"));
    return typeof event === "object" && event !== null ? event : null;
  } catch {
    return null;
  }
}
