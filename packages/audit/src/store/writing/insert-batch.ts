import pg from "pg";
import { AuditError } from "../../errors.ts";
import { newEventId } from "../../events/event-id.ts";
import { toAcceptedEvent, type AcceptedEvent, type ColumnValue } from "../../events/accepted-event.ts";
import { FIELD_COLUMNS } from "../../events/field-list.ts";
import { rehearse } from "../../postgres/transaction.ts";
import { arrayLiteral } from "./array-literal.ts";
import { insertPayloads, payloadValues } from "./insert-payloads.ts";
import { ROWS_MISSING } from "./refused-record.ts";

/** The columns that are written, with the type of their elements: those of the fields, and the exact text. */
const COLUMNS = [...FIELD_COLUMNS, ["canonical", "text"] as const];

/** JSON in one line each: full of quotes, which array literals would have to escape, and free of line ends. */
const LINES: ReadonlySet<string> = new Set([
  ...FIELD_COLUMNS.filter(([, type]) => type === "jsonb").map(([name]) => name),
  "canonical",
]);

/** The arrays of a batch, one for each column. */
function encodeBatch(batch: readonly AcceptedEvent[]): (string | null)[] {
  return [
    ...FIELD_COLUMNS.map(([name], at) =>
      encode(
        name,
        batch.map(({ columns }) => columns[at] ?? null),
      ),
    ),
    encode(
      "canonical",
      batch.map(({ canonical }) => canonical),
    ),
  ];
}

/** Nothing for a column that no event of the batch has: `unnest` fills the shorter arrays up with NULL. */
function encode(name: string, values: readonly ColumnValue[]): string | null {
  if (values.every((value) => value === null)) {
    return null;
  }
  return LINES.has(name) ? values.map((value) => value ?? "").join("\n") : arrayLiteral(values);
}

const names = COLUMNS.map(([name]) => `"${name}"`).join(", ");
const arrays = COLUMNS.map(([name, type], index) => arrayOf(name, type, index + 2)).join(", ");
const plain = FIELD_COLUMNS.map(([name]) => `"${name}"`);

function arrayOf(name: string, type: string, parameter: number): string {
  return LINES.has(name)
    ? `string_to_array($${parameter}, E'\\n', '')::${type}[]`
    : `$${parameter}::${type}[]`;
}

/**
 * One statement advances the head and numbers the batch from it. Its row lock is held until the commit, so
 * numbers are given in commit order, and a batch that fails gives its numbers back: no gaps, no reordering.
 * The canonical text travels as text, half the size of hexadecimal; the leaf hash (RFC 6962: SHA-256 of a zero
 * byte and the data) is made of the very bytes that are stored. A trigger may drop rows without a word: the division
 * then fails the whole statement, so that nothing is acknowledged that is nowhere, and no number is lost.
 */
const insertStatement = (before: string, increment: string, complete: string): string => `
  WITH ${before}head AS (
    UPDATE gateway_audit_head SET next_seq = next_seq + ${increment} RETURNING next_seq - $1 AS base
  ), inserted AS (
    INSERT INTO gateway_audit_events (seq, ${plain.join(", ")}, canonical, leaf_hash)
    SELECT head.base + batch.position - 1, ${plain.map((name) => `batch.${name}`).join(", ")},
      convert_to(batch.canonical, 'UTF8'), sha256('\\x00'::bytea || convert_to(batch.canonical, 'UTF8'))
    FROM head, unnest(${arrays}) WITH ORDINALITY AS batch (${names}, position)
    RETURNING 1
  )
  SELECT base, 1 / (CASE WHEN (SELECT count(*) FROM inserted) = $1 ${complete} THEN 1 ELSE 0 END) FROM head`;

const INSERT = insertStatement("", "$1", "");

/**
 * What the payload policies keep goes in by the same statement: a transaction of several would be three more round
 * trips. The head waits for it (hence the sum that adds nothing): its lock, which all writers wait for, is then held
 * for the events alone.
 */
const INSERT_WITH_PAYLOADS = insertStatement(
  `kept AS (
    ${insertPayloads(COLUMNS.length + 2)} RETURNING 1
  ), `,
  "$1 + 0 * (SELECT count(*) FROM kept)",
  `AND (SELECT count(*) FROM kept) = cardinality($${COLUMNS.length + 2}::uuid[])`,
);

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

function explained(error: unknown): unknown {
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

/** Inserts the batch and its payloads; resolves to the `seq` of its first event. Atomic: all of it or none. */
export async function insertBatch(client: pg.ClientBase, batch: readonly AcceptedEvent[]): Promise<bigint> {
  const payloads = payloadValues(batch);
  const events = encodeBatch(batch);
  const { rows } = await ask<{ base: string }>(
    client,
    payloads === null
      ? { name: "audit-insert", text: INSERT, values: [batch.length, ...events] }
      : {
          name: "audit-insert-with-payloads",
          text: INSERT_WITH_PAYLOADS,
          values: [batch.length, ...events, ...payloads],
        },
  );
  return BigInt(headOf(rows).base);
}

/**
 * Whether the database would take a batch: the writer's own statement with one event and one payload, rolled back. Finds
 * whatever would fail the next one: a table, partition, column or right that is missing, a trigger, a standby, a full
 * disk, a lock that is held.
 */
export async function tryInsert(client: pg.ClientBase): Promise<void> {
  const batch = [trialEvent()];
  const values = [1, ...encodeBatch(batch)];
  const parameters = [...values, ...(payloadValues(batch) ?? [])].map((value) =>
    value === null ? "NULL" : pg.escapeLiteral(String(value)),
  );
  const statement = INSERT_WITH_PAYLOADS.replace(
    /\$(\d+)/g,
    (_, n: string) => parameters[Number(n) - 1] ?? "NULL",
  );
  try {
    headOf(await rehearse(client, statement));
  } catch (error) {
    throw explained(error);
  }
}

/** Of now, since its partition is what the next event needs. Never committed. */
function trialEvent(): AcceptedEvent {
  const now = Date.now();
  const event = toAcceptedEvent(
    {
      event_type: "trial",
      decision: "deny",
      reason: "",
      timestamp: now / 1_000,
      gateway_request_id: "",
      metadata: {},
      phase: "decision",
    },
    newEventId(now),
    now,
  );
  const payload = { kind: "arguments", policy: "digest", salt: Buffer.alloc(1), body: null } as const;
  return { ...event, payloads: [payload] };
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
  await client.query("LOCK TABLE gateway_audit_events IN ROW EXCLUSIVE MODE");
  headOf((await client.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE")).rows);
  const { rows } = await client.query<{ id: string; seq: string }>(
    'SELECT id, seq FROM gateway_audit_events WHERE id = ANY($1::uuid[]) AND "timestamp" = ANY($2::timestamptz[])',
    [batch.map(({ id }) => id), batch.map(({ timestamp }) => timestamp)],
  );
  return new Map(rows.map(({ id, seq }) => [id, BigInt(seq)]));
}
