import type { Queryable } from "../../postgres/queryable.ts";
import type { StoredEvent, AuditEvent } from "../../events/audit-event.ts";
import { parseJson } from "../../json/parse-json.ts";
import type { Conditions } from "./filter.ts";
import type { Order } from "./cursor.ts";

/** A row as it is stored: the exact bytes, not what the columns next to them say. */
export interface EventRow {
  readonly seq: number;
  readonly canonical: Buffer;
  readonly leafHash: Buffer;
}

/** Canonical bytes in one read, beyond the first event: records can be half a megabyte each. */
const READ_BYTES = 8 * 1024 * 1024;

/**
 * Numbers that one statement of an export goes along: where no index serves the filter it looks at each of
 * the events, and must not run into its time limit before it finds one.
 */
export const EXPORT_STRIDE = 100_000;

/**
 * Events in order of `seq`, at most `limit` and fewer when they are large; `more` tells whether others follow.
 * The bounds are exclusive.
 */
export async function readEvents(
  client: Queryable,
  query: {
    readonly where: Conditions;
    readonly order: Order;
    readonly limit: number;
    readonly after?: number | undefined;
    readonly before?: number | undefined;
  },
): Promise<{ readonly rows: readonly EventRow[]; readonly more: boolean }> {
  const { where, limit } = query;
  const sql = [...where.sql];
  const values = [...where.values];
  if (query.after !== undefined) {
    sql.push(`seq > $${values.push(query.after)}`);
  }
  if (query.before !== undefined) {
    sql.push(`seq < $${values.push(query.before)}`);
  }
  const direction = query.order === "newest_first" ? "DESC" : "ASC";
  const matching = `FROM gateway_audit_events ${sql.length === 0 ? "" : `WHERE ${sql.join(" AND ")}`}
             ORDER BY seq ${direction} LIMIT ${limit + 1}`;
  const { rows } = await client.query<{ seq: string; canonical: Buffer; leaf_hash: Buffer }>(
    `SELECT seq, canonical, leaf_hash FROM (
       SELECT *, sum(octet_length(canonical)) OVER (ORDER BY seq ${direction}) - octet_length(canonical) AS bytes_before
       FROM (${where.isConjunction ? viaIndex(matching) : `SELECT seq, canonical, leaf_hash ${matching}`}) AS wanted
     ) AS measured
     WHERE bytes_before < ${READ_BYTES} ORDER BY seq ${direction}`,
    values,
  );
  const found = rows.map(toRow);
  const bytes = found.reduce((sum, { canonical }) => sum + canonical.length, 0);
  return { rows: found.slice(0, limit), more: found.length > limit || bytes >= READ_BYTES };
}

/**
 * Found within an index that covers all that is asked for (migration 0005), and only then looked up: an event that one
 * condition finds and another rules out costs no look at the table.
 */
function viaIndex(matching: string): string {
  return `SELECT seq, canonical, leaf_hash FROM (SELECT seq, "timestamp" ${matching}) AS found
             JOIN gateway_audit_events USING (seq, "timestamp")`;
}

function toRow(row: { seq: string; canonical: Buffer; leaf_hash: Buffer }): EventRow {
  return { seq: Number(row.seq), canonical: row.canonical, leafHash: row.leaf_hash };
}

export function toStoredEvent({ seq, canonical, leafHash }: EventRow): StoredEvent {
  return {
    seq,
    leafHash: leafHash.toString("hex"),
    event: parseJson(canonical.toString("utf8"), "any") as AuditEvent,
  };
}
