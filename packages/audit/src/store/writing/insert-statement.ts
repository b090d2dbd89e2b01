import { FIELD_COLUMNS } from "../../events/field-list.ts";
import type { ColumnType } from "../../events/field-types.ts";
import { insertPayloads, PAYLOAD_ARRAYS } from "./insert-payloads.ts";

const names = FIELD_COLUMNS.map(([name]) => `"${name}"`).join(", ");
const values = FIELD_COLUMNS.map(([name, type]) => valueOf(name, type)).join(", ");

/**
 * Names of the columns in which a stored event is not what this text of it, a literal, says: one row, or none where there
 * is no event of its id and time.
 */
export function changedColumns(canonical: string): string {
  const columns = [
    ...FIELD_COLUMNS.map(([name, type]) => [name, valueOf(name, type)] as const),
    ["canonical", "batch.bytes"] as const,
    ["leaf_hash", "sha256('\\x00'::bytea || batch.bytes)"] as const,
  ].map(([name, value]) => `CASE WHEN stored."${name}" IS DISTINCT FROM ${value} THEN '${name}' END`);
  return `
    SELECT array_to_string(ARRAY[${columns.join(", ")}], ', ') AS changed
    FROM (SELECT ${canonical}::jsonb AS event, convert_to(${canonical}, 'UTF8') AS bytes) AS batch
    JOIN gateway_audit_events AS stored
      ON stored.id = (batch.event ->> 'id')::uuid AND stored."timestamp" = (batch.event ->> 'timestamp')::timestamptz`;
}

/** A field of an event's text as its column has it; NULL for one that the text does not say. */
function valueOf(name: string, type: ColumnType): string {
  switch (type) {
    case "jsonb":
      return `batch.event -> '${name}'`;
    case "text":
      return `batch.event ->> '${name}'`;
    case "uuid":
    case "float8":
    case "timestamptz":
      return `(batch.event ->> '${name}')::${type}`;
  }
}

/**
 * One statement advances the head and numbers the batch from it. Its row lock is held until the commit, so
 * numbers are given in commit order, and a batch that fails gives its numbers back: no gaps, no reordering.
 * The events travel as their canonical texts alone, `$2`, a line each. Columns and leaf hash (RFC 6962: SHA-256 of a zero
 * byte and the data) are made of the very bytes that are stored; `OFFSET 0` has each text parsed once, not once for each
 * column. A trigger may drop rows without a word: the division then fails the whole statement, so that nothing is
 * acknowledged that is nowhere, and no number is lost.
 */
const insertStatement = (before: string, increment: string, complete: string): string => `
  WITH ${before}head AS (
    UPDATE gateway_audit_head SET next_seq = next_seq + ${increment} RETURNING next_seq - $1 AS base
  ), inserted AS (
    INSERT INTO gateway_audit_events (seq, ${names}, canonical, leaf_hash)
    SELECT head.base + batch.position - 1, ${values},
      batch.bytes, sha256('\\x00'::bytea || batch.bytes)
    FROM head, (
      SELECT position, canonical::jsonb AS event, convert_to(canonical, 'UTF8') AS bytes
      FROM string_to_table($2, E'\\n') WITH ORDINALITY AS line (canonical, position) OFFSET 0
    ) AS batch
    RETURNING 1
  )
  SELECT base, 1 / (CASE WHEN (SELECT count(*) FROM inserted) = $1 ${complete} THEN 1 ELSE 0 END) FROM head`;

/**
 * Names the connection, for this statement alone, by the trace that an event of the batch belongs to: the database shows it while
 * the statement runs or waits (`pg_stat_activity`), and in what it logs (`%a`). In the same message, and in a statement of its
 * own: its text is fixed, so that there are two prepared ones and not one for each trace.
 */
const traced = (parameter: number) => `named AS (
    SELECT set_config('application_name', $${parameter}, true) AS name
  ), `;
const NAMED_FIRST = " + 0 * (SELECT length(name) FROM named)";

/** Takes the number of events and their texts; returns `base`, the `seq` of the first one. */
const INSERT = insertStatement("", "$1", "");
/** The name comes last. */
const INSERT_TRACED = insertStatement(traced(3), `$1${NAMED_FIRST}`, "");

/**
 * What the payload policies keep goes in by the same statement, from `$3` on: a transaction of several would be three more
 * round trips. The head waits for it (hence the sum that adds nothing): its lock, which all writers wait for, is then held
 * for the events alone.
 */
const KEPT = `kept AS (
    ${insertPayloads(3)} RETURNING 1
  ), `;
const AFTER_PAYLOADS = "$1 + 0 * (SELECT count(*) FROM kept)";
const ALL_KEPT = "AND (SELECT count(*) FROM kept) = cardinality($3::uuid[])";
export const INSERT_WITH_PAYLOADS = insertStatement(KEPT, AFTER_PAYLOADS, ALL_KEPT);
const INSERT_WITH_PAYLOADS_TRACED = insertStatement(
  traced(3 + PAYLOAD_ARRAYS) + KEPT,
  AFTER_PAYLOADS + NAMED_FIRST,
  ALL_KEPT,
);

/** The statement for a batch, prepared once on each connection under its name. */
export function insertFor(batch: { readonly hasPayloads: boolean; readonly isTraced: boolean }): {
  readonly name: string;
  readonly text: string;
} {
  if (batch.hasPayloads) {
    return batch.isTraced
      ? { name: "audit-insert-with-payloads-traced", text: INSERT_WITH_PAYLOADS_TRACED }
      : { name: "audit-insert-with-payloads", text: INSERT_WITH_PAYLOADS };
  }
  return batch.isTraced
    ? { name: "audit-insert-traced", text: INSERT_TRACED }
    : { name: "audit-insert", text: INSERT };
}
