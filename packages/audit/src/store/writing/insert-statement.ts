import { FIELD_COLUMNS } from "../../events/field-list.ts";
import type { ColumnType } from "../../events/field-types.ts";
import { insertPayloads } from "./insert-payloads.ts";

const names = FIELD_COLUMNS.map(([name]) => `"${name}"`).join(", ");
const values = FIELD_COLUMNS.map(([name, type]) => valueOf(name, type)).join(", ");

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

/** Takes the number of events and their texts; returns `base`, the `seq` of the first one. */
export const INSERT = insertStatement("", "$1", "");

/**
 * What the payload policies keep goes in by the same statement, from `$3` on: a transaction of several would be three more
 * round trips. The head waits for it (hence the sum that adds nothing): its lock, which all writers wait for, is then held
 * for the events alone.
 */
export const INSERT_WITH_PAYLOADS = insertStatement(
  `kept AS (
    ${insertPayloads(3)} RETURNING 1
  ), `,
  "$1 + 0 * (SELECT count(*) FROM kept)",
  "AND (SELECT count(*) FROM kept) = cardinality($3::uuid[])",
);
