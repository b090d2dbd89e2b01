import { RETENTION_PURGE } from "../events/record.ts";
import type { Queryable } from "../postgres/queryable.ts";
import { openRecord, type OpenedRecord, type RecordTrust } from "./record-signature.ts";
import { isSeqRange, type SeqRange } from "./seq-range.ts";

/** What retention says that it dropped. Each record is an event of the log, proven like any other, and signed. */
export interface PurgeRecords {
  /** The first number of `from … to-1` that no record names; `null` when all were dropped by retention. */
  firstUncovered(from: number, to: number): number | null;
  /** The first number of `from … to-1` that a record names; `to` when none is. */
  nextCovered(from: number, to: number): number;
}

export interface PurgeRecordCollector extends PurgeRecords {
  /** @param believed counts without a right signature: a record that is reported as altered, so that what it excuses is not reported too */
  add(seq: number, canonical: Uint8Array, believed?: boolean): void;
}

/** What a record says of what it dropped, and of what records say that it dropped along. */
interface Dropped {
  readonly rows?: unknown;
  /** Dropped by earlier purges, whose records this one dropped. */
  readonly earlier_rows?: unknown;
  readonly seq_ranges?: unknown;
  readonly all_ranges_named?: unknown;
}

/**
 * Collects the records of a log, in any order.
 *
 * @param trust whose signature counts; with `null` all records do, for readers that do not verify them
 */
export function createPurgeRecords(trust: RecordTrust | null): PurgeRecordCollector {
  const ranges: SeqRange[] = [];
  // Rows far out of order can have more ranges than a record names: so many more may be missing before it.
  const unnamed: { readonly before: number; left: number }[] = [];

  function take(
    seq: number,
    { rows, earlier_rows: earlier = 0, seq_ranges: named, all_ranges_named: all }: Dropped,
  ) {
    // A record can only tell of what was there before it.
    const valid = (Array.isArray(named) ? named : []).filter(isSeqRange).filter(([, last]) => last < seq);
    // Not spread: a forged record may have more ranges than a call takes arguments.
    for (const range of valid) {
      ranges.push(range);
    }
    const counted = valid.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    if (all === false && typeof rows === "number" && typeof earlier === "number") {
      unnamed.push({ before: seq, left: rows + earlier - counted });
    }
  }

  return {
    add(seq, canonical, believed = trust === null) {
      const opened = openRecord(canonical, seq, trust ?? NO_TRUST);
      if (opened?.fields.event_type !== RETENTION_PURGE || !(opened.counts || believed)) {
        return;
      }
      const { metadata = {} } = opened.fields;
      if (metadata["table"] !== "gateway_audit_events") {
        return;
      }
      if (opened.counts && opened.tree !== null && !isPlausible(opened.fields)) {
        return;
      }
      take(seq, metadata);
      const unsigned = (metadata["unsigned"] ?? {}) as Dropped & { readonly before?: unknown };
      const until = believed ? Number.MAX_SAFE_INTEGER : (trust?.unsignedUntil ?? 0);
      if (typeof unsigned.before === "number" && unsigned.before <= until) {
        take(seq, unsigned);
      }
    },
    firstUncovered(from, to) {
      for (let seq = from; seq < to;) {
        const range = ranges.find(([first, last]) => first <= seq && seq <= last);
        const budget = unnamed.find(({ before, left }) => seq < before && left > 0);
        if (range !== undefined) {
          seq = range[1] + 1;
        } else if (budget !== undefined) {
          budget.left -= 1;
          seq += 1;
        } else {
          return seq;
        }
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

const NO_TRUST: RecordTrust = { keys: { keys: [], find: () => undefined }, origin: null };

const LEAST_AGE_MS = 86_400_000;

/** What was dropped must have been old by what the record itself says: retention keeps everything for a day at least. */
export function isPlausible({ created_at: created, metadata = {} }: OpenedRecord["fields"]): boolean {
  const [newest, cutoff, made] = [metadata["newest"], metadata["older_than"], created].map((time) =>
    typeof time === "string" ? Date.parse(time) : Number.NaN,
  ) as [number, number, number];
  return (
    newest < cutoff && cutoff <= made - (metadata["table"] === "gateway_audit_events" ? LEAST_AGE_MS : 0)
  );
}

export async function readPurgeRecords(client: Queryable, trust: RecordTrust | null): Promise<PurgeRecords> {
  const records = createPurgeRecords(trust);
  const { rows } = await client.query<{ seq: string; canonical: Buffer }>(
    "SELECT seq, canonical FROM gateway_audit_events WHERE event_type = 'retention_purge' ORDER BY seq",
    [],
  );
  for (const { seq, canonical } of rows) {
    records.add(Number(seq), canonical);
  }
  return records;
}

/** The number of the newest record of a purge of events, signed or not; `null` where there is none. */
export async function newestPurge(client: Queryable): Promise<number | null> {
  const { rows } = await client.query<{ newest: string | null }>(
    `SELECT max(seq) AS newest FROM gateway_audit_events
     WHERE event_type = 'retention_purge' AND metadata ->> 'table' = 'gateway_audit_events'`,
    [],
  );
  const newest = rows[0]?.newest ?? null;
  return newest === null ? null : Number(newest);
}
