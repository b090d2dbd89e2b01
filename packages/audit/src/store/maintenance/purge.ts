import type pg from "pg";
import { inTransaction } from "../../postgres/transaction.ts";
import { RETENTION_PURGE } from "../../events/record.ts";
import { newEventId } from "../../events/event-id.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { makeRecord, newestTree, type RecordSigner } from "../../signed-records/record-signer.ts";
import type { OpenedCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { insertBatch } from "../writing/insert-batch.ts";
import { whyNotDrop } from "./check-slice.ts";
import { readEarlierPurges } from "./earlier-purges.ts";
import { readHolds } from "./holds.ts";
import type { SeqRange } from "../../signed-records/seq-range.ts";
import { MAX_RANGES, type PurgedRanges } from "./purged-ranges.ts";
import { boundSlice, matching, type Slice } from "./slices.ts";

export type PurgeResult =
  | { readonly kind: "purged"; readonly rows: number; readonly event: AcceptedEvent; readonly seq: bigint }
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
  /** The newest signed tree; `null` where there is none, or the log is not signed. */
  readonly tree: OpenedCheckpoint | null;
  /** Why it must stay: it is not what was logged. */
  readonly contradiction: string | null;
}

export interface PurgeCause {
  readonly reason: string;
  /** Signs the record of it; absent where this log is not signed. */
  readonly signer: RecordSigner | undefined;
}

/**
 * Drops a slice and records that it did, in one transaction, unless what is in it is still needed. It is counted
 * and held against the signed tree beforehand, without locks; under the lock, for which all writers wait, only what may
 * have changed is asked again. A signed record exists before anything is dropped.
 */
export async function purge(client: pg.ClientBase, whole: Slice, because: PurgeCause): Promise<PurgeResult> {
  const slice = await droppable(client, whole, because);
  // Asked again under the lock; here it spares the reading of what has to stay anyway.
  const held = await heldBy(client, await lastSeqOf(client, slice), because);
  if (held !== null) {
    return held;
  }
  const content = await inspect(client, slice, because.signer);
  if (content.rows === 0 && slice.olderThan !== null) {
    return { kind: "empty" };
  }
  if (content.contradiction !== null) {
    return { kind: "held", reason: content.contradiction };
  }
  try {
    return await inTransaction(client, () => purgeLocked(client, slice, content, because), {
      keep: ({ kind }) => kind === "purged" || kind === "empty",
    });
  } catch (error) {
    if ((error as { code?: string }).code === "55P03") {
      return { kind: "busy" };
    }
    throw error;
  }
}

/** Of events that are deleted by rows, those that nothing holds: others may come in all the time. */
async function droppable(client: pg.ClientBase, slice: Slice, { signer }: PurgeCause): Promise<Slice> {
  const last = slice.olderThan === null ? null : await lastSeqOf(client, slice);
  if (last === null) {
    return slice;
  }
  const holds = await readHolds(client, signer !== undefined);
  const bounded = boundSlice(slice, Math.min(last + 1, ...holds.map(({ seq }) => seq)));
  // Where all are held, the slice as a whole says why.
  return (await lastSeqOf(client, bounded)) === null ? slice : bounded;
}

async function purgeLocked(
  client: pg.ClientBase,
  slice: Slice,
  content: Content,
  { reason, signer }: PurgeCause,
): Promise<PurgeResult> {
  await client.query("SET LOCAL lock_timeout = '300ms'");
  await client.query(`LOCK TABLE ${slice.table} IN ACCESS EXCLUSIVE MODE`);
  // Events are only ever added, each with a higher number: the same last number means the same rows.
  if ((await lastSeqOf(client, slice)) !== content.lastSeq) {
    return { kind: "busy" };
  }
  // Payloads have no number. One that came in since would be dropped without a record of its time.
  if (content.lastSeq === null && (await spanOf(client, slice)).rows !== content.rows) {
    return { kind: "busy" };
  }
  const held = await heldBy(client, content.lastSeq, { signer });
  if (held !== null) {
    return held;
  }
  const event = content.rows === 0 ? null : purgeEvent(slice, content, { reason, signer });
  await client.query(slice.drop.sql, [...slice.drop.values]);
  if (event === null) {
    return { kind: "empty" };
  }
  return { kind: "purged", rows: content.rows, event, seq: await insertBatch(client, [event]) };
}

async function heldBy(
  client: pg.ClientBase,
  lastSeq: number | null,
  { signer }: Pick<PurgeCause, "signer">,
): Promise<PurgeResult | null> {
  const holds = lastSeq === null ? [] : await readHolds(client, signer !== undefined);
  const hold = holds.find(({ seq }) => seq <= (lastSeq ?? 0));
  return hold === undefined ? null : { kind: "held", reason: hold.reason };
}

async function inspect(
  client: pg.ClientBase,
  slice: Slice,
  signer: RecordSigner | undefined,
): Promise<Content> {
  const isEvents = slice.table === "gateway_audit_events";
  const tree = signer === undefined ? null : await newestTree(client, signer);
  return {
    ...(await spanOf(client, slice)),
    lastSeq: await lastSeqOf(client, slice),
    purged: isEvents ? await readEarlierPurges(client, slice, await rangesOf(client, slice), signer) : null,
    tree,
    contradiction: isEvents && tree !== null ? await whyNotDrop(client, slice, tree) : null,
  };
}

/** How many rows there are, and of which times. */
async function spanOf(client: pg.ClientBase, slice: Slice): Promise<Pick<Content, "rows" | "from" | "to">> {
  const { rows } = await client.query<{ rows: string; from: Date | null; to: Date | null }>(
    `SELECT count(*) AS rows, min("timestamp") AS from, max("timestamp") AS to FROM ${matching(slice)}`,
    slice.olderThan === null ? [] : [slice.olderThan],
  );
  const { rows: count = "0", from = null, to = null } = rows[0] ?? {};
  return { rows: Number(count), from, to };
}

async function lastSeqOf(client: pg.ClientBase, slice: Slice): Promise<number | null> {
  if (slice.table !== "gateway_audit_events") {
    return null;
  }
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

function purgeEvent(slice: Slice, content: Content, { reason, signer }: PurgeCause): AcceptedEvent {
  const id = newEventId();
  const { purged, tree } = content;
  return makeRecord(
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
        older_than: slice.cutoff.toISOString(),
        oldest: content.from?.toISOString(),
        newest: content.to?.toISOString(),
        ...(purged === null ? {} : rangesIn(purged)),
      },
    },
    signer,
    tree,
    id,
  );
}

function rangesIn({ ranges, isPartial, earlierRows, unsigned }: PurgedRanges) {
  return {
    seq_ranges: ranges,
    all_ranges_named: !isPartial,
    ...(earlierRows === 0 ? {} : { earlier_rows: earlierRows }),
    ...(unsigned === null ? {} : { unsigned }),
  };
}
