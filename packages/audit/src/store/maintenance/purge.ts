import type pg from "pg";
import { admit } from "../../events/admit.ts";
import { RETENTION_PURGE } from "../../events/gateway-event.ts";
import { newEventId } from "../../events/event-id.ts";
import type { StoredEvent } from "../../events/stored-event.ts";
import { insertBatch } from "../insert-batch.ts";
import { readHolds } from "./holds.ts";
import { joinPurged, MAX_RANGES, type PurgedRanges, type SeqRange } from "./purged-ranges.ts";
import type { Slice } from "./slices.ts";

export type PurgeResult =
  | { readonly kind: "purged"; readonly rows: number; readonly event: StoredEvent; readonly seq: bigint }
  /** There was nothing in it. */
  | { readonly kind: "empty" }
  | { readonly kind: "held"; readonly reason: string }
  /** Rows came in while it was looked at, or a query held its lock: for the next time. */
  | { readonly kind: "busy" };

interface Content {
  readonly rows: number;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Of events only. */
  readonly lastSeq: number | null;
  readonly purged: PurgedRanges | null;
}

/**
 * Drops a slice and records that it did, in one transaction, unless somebody still needs what is in it. It is counted
 * beforehand, without locks; under the lock, for which all writers wait, only what may have changed is asked again.
 */
export async function purge(
  client: pg.ClientBase,
  slice: Slice,
  because: { readonly reason: string; readonly isSigned: boolean },
): Promise<PurgeResult> {
  const content = await inspect(client, slice);
  if (content.rows === 0 && slice.olderThan !== null) return { kind: "empty" };
  await client.query("BEGIN");
  try {
    const result = await purgeLocked(client, slice, content, because);
    await client.query(result.kind === "purged" || result.kind === "empty" ? "COMMIT" : "ROLLBACK");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    if ((error as { code?: string }).code === "55P03") return { kind: "busy" };
    throw error;
  }
}

async function purgeLocked(
  client: pg.ClientBase,
  slice: Slice,
  content: Content,
  { reason, isSigned }: { readonly reason: string; readonly isSigned: boolean },
): Promise<PurgeResult> {
  await client.query("SET LOCAL lock_timeout = '300ms'");
  await client.query(`LOCK TABLE ${slice.table} IN ACCESS EXCLUSIVE MODE`);
  // Events are only ever added, each with a higher number: the same last number means the same rows.
  if ((await lastSeqOf(client, slice)) !== content.lastSeq) return { kind: "busy" };
  const holds = content.lastSeq === null ? [] : await readHolds(client, isSigned);
  const hold = holds.find(({ seq }) => seq <= (content.lastSeq ?? 0));
  if (hold !== undefined) return { kind: "held", reason: hold.reason };
  await client.query(slice.drop.sql, [...slice.drop.values]);
  if (content.rows === 0) return { kind: "empty" };
  const event = purgeEvent(slice, content, reason);
  return { kind: "purged", rows: content.rows, event, seq: await insertBatch(client, [event]) };
}

async function inspect(client: pg.ClientBase, slice: Slice): Promise<Content> {
  const { rows } = await client.query<{ rows: string; from: Date | null; to: Date | null }>(
    `SELECT count(*) AS rows, min("timestamp") AS from, max("timestamp") AS to FROM ${matching(slice)}`,
    slice.olderThan === null ? [] : [slice.olderThan],
  );
  const { rows: count = "0", from = null, to = null } = rows[0] ?? {};
  const isEvents = slice.table === "gateway_audit_events";
  return {
    rows: Number(count),
    from,
    to,
    lastSeq: await lastSeqOf(client, slice),
    purged: isEvents ? joinPurged(await rangesOf(client, slice), await earlierRecords(client, slice)) : null,
  };
}

async function lastSeqOf(client: pg.ClientBase, slice: Slice): Promise<number | null> {
  if (slice.table !== "gateway_audit_events") return null;
  const { rows } = await client.query<{ last: string | null }>(
    `SELECT max(seq) AS last FROM ${matching(slice)}`,
    slice.olderThan === null ? [] : [slice.olderThan],
  );
  const last = rows[0]?.last ?? null;
  return last === null ? null : Number(last);
}

/** Runs of consecutive numbers. */
async function rangesOf(client: pg.ClientBase, slice: Slice): Promise<SeqRange[]> {
  const { rows } = await client.query<{ first: string; last: string }>(
    `SELECT min(seq) AS first, max(seq) AS last
     FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM ${matching(slice)}) AS numbered
     GROUP BY run ORDER BY 1 LIMIT ${MAX_RANGES + 1}`,
    slice.olderThan === null ? [] : [slice.olderThan],
  );
  return rows.map(({ first, last }) => [Number(first), Number(last)] as const);
}

/** Records of purges that are in the slice themselves: with them goes what explains the gaps that those purges made. */
async function earlierRecords(client: pg.ClientBase, slice: Slice): Promise<object[]> {
  const { rows } = await client.query<{ metadata: object }>(
    `SELECT metadata FROM (SELECT event_type, metadata FROM ${matching(slice)}) AS going
     WHERE event_type = 'retention_purge' AND metadata ->> 'table' = $${slice.olderThan === null ? 1 : 2}`,
    [...(slice.olderThan === null ? [] : [slice.olderThan]), slice.table],
  );
  return rows.map(({ metadata }) => metadata);
}

function matching(slice: Slice): string {
  return slice.olderThan === null ? slice.relation : `${slice.relation} WHERE "timestamp" < $1`;
}

function purgeEvent(slice: Slice, content: Content, reason: string): StoredEvent {
  const id = newEventId();
  const { purged } = content;
  return admit(
    {
      event_type: RETENTION_PURGE,
      decision: "allow",
      reason,
      timestamp: Date.now() / 1_000,
      gateway_request_id: id,
      metadata: {
        table: slice.table,
        partition: slice.relation,
        rows: content.rows,
        oldest: content.from?.toISOString(),
        newest: content.to?.toISOString(),
        ...(purged === null
          ? {}
          : {
              seq_ranges: purged.ranges,
              all_ranges_named: !purged.isPartial,
              ...(purged.earlierRows === 0 ? {} : { earlier_rows: purged.earlierRows }),
            }),
      },
    },
    null,
    id,
  );
}
