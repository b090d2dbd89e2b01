import type pg from "pg";
import { AuditError } from "../../errors.ts";
import type { AcceptedEvent, TraceOfRecord } from "../../events/accepted-event.ts";
import { payloadValues } from "./insert-payloads.ts";
import { insertFor } from "./insert-statement.ts";
import { ROWS_MISSING } from "./refused-record.ts";

/**
 * By callback: where pg makes the promise, V8 comes to allocate queries among the old objects, each of which then keeps
 * its values alive until the next full collection. Those in between then pause the process two to three times as long.
 */
function ask<R extends pg.QueryResultRow>(
  client: pg.ClientBase,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<R>> {
  return new Promise((resolve, reject) => {
    client.query<R>(query, (error: Error | null, result) => {
      if (error === null) {
        resolve(result);
      } else {
        reject(explained(error));
      }
    });
  });
}

/** What the insert's own failure means. */
export function explained(error: unknown): unknown {
  return (error as { code?: unknown }).code === ROWS_MISSING
    ? new AuditError(
        "store_unavailable",
        "The audit database kept fewer rows than it was given: a trigger drops them.",
        { cause: error },
      )
    : error;
}

/**
 * The row that numbers events. Without it the statement inserts nothing, and says so by returning no rows: taken
 * for a success, events would be acknowledged that are nowhere.
 */
export function headOf<R>(rows: readonly R[]): R {
  const [head] = rows;
  if (head === undefined) {
    throw new AuditError(
      "store_unavailable",
      "gateway_audit_head has lost its row: no event can be numbered.",
    );
  }
  return head;
}

/** Canonical JSON has no line ends: within its strings they are escaped. */
export function linesOf(batch: readonly AcceptedEvent[]): string {
  return batch.map(({ canonical }) => canonical).join("\n");
}

/** Of the 63 characters that PostgreSQL keeps, 60. */
function connectionName({ traceId, spanId }: TraceOfRecord): string {
  return `sark-audit/${traceId}-${spanId}`;
}

/** Inserts the batch and its payloads; resolves to the `seq` of its first event. Atomic: all of it or none. */
export async function insertBatch(client: pg.ClientBase, batch: readonly AcceptedEvent[]): Promise<bigint> {
  const payloads = payloadValues(batch);
  const trace = batch.find((event) => event.trace !== undefined)?.trace;
  const values = [
    batch.length,
    linesOf(batch),
    ...(payloads ?? []),
    ...(trace === undefined ? [] : [connectionName(trace)]),
  ];
  const statement = insertFor({ hasPayloads: payloads !== null, isTraced: trace !== undefined });
  const { rows } = await ask<{ base: string }>(client, { ...statement, values });
  return BigInt(headOf(rows).base);
}

/**
 * Which of these events are in the database, after a commit whose response was lost. Takes the head's lock first: a
 * statement of the lost connection that is still running has then committed or failed, or it has no number yet. That
 * one cannot commit next to ours, as ids are keys; where both wait for each other, PostgreSQL fails one of them, and
 * ours would be tried again.
 */
export async function findStored(
  client: pg.ClientBase,
  batch: readonly AcceptedEvent[],
): Promise<ReadonlyMap<string, bigint>> {
  // In this order, as an insert takes them: retention locks the table first, and would otherwise wait for us for ever.
  // A plan for any values would look into each partition.
  await client.query(
    "SET LOCAL plan_cache_mode = auto; LOCK TABLE gateway_audit_events IN ROW EXCLUSIVE MODE",
  );
  headOf((await client.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE")).rows);
  const { rows } = await client.query<{ id: string; seq: string }>(
    'SELECT id, seq FROM gateway_audit_events WHERE id = ANY($1::uuid[]) AND "timestamp" = ANY($2::timestamptz[])',
    [batch.map(({ id }) => id), batch.map(({ timestamp }) => timestamp)],
  );
  return new Map(rows.map(({ id, seq }) => [id, BigInt(seq)]));
}
