import { createTestDatabase } from "@sark/testkit";
import pg from "pg";
import { inject } from "vitest";
import type { AuditEvent } from "../../events/audit-event.ts";
import { arrayLiteral } from "../../postgres/array-literal.ts";
import { makeEvent } from "./events.ts";

/** An audit log in a database of its own, filled as the store fills it. */
export interface LogDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Appends events in one commit; `change` replaces fields of their records. */
  append(count: number, change?: (seq: number) => Partial<AuditEvent>): Promise<void>;
  drop(): Promise<void>;
}

const INSERT = `
  WITH head AS (UPDATE gateway_audit_head SET next_seq = next_seq + $1 RETURNING next_seq - $1 AS base)
  INSERT INTO gateway_audit_events (id, seq, event_type, decision, reason, "timestamp", gateway_request_id, metadata,
                                    created_at, phase, canonical, leaf_hash)
  SELECT (c->>'id')::uuid, head.base + n - 1, c->>'event_type', c->>'decision', c->>'reason', (c->>'timestamp')::timestamptz,
         c->>'gateway_request_id', c->'metadata', (c->>'created_at')::timestamptz, c->>'phase',
         convert_to(t, 'UTF8'), sha256(convert_to(t, 'UTF8'))
  FROM head, unnest($2::text[]) WITH ORDINALITY AS texts (t, n), LATERAL (SELECT t::jsonb) AS parsed (c)`;

export async function createLogDatabase(postgresUrl: string): Promise<LogDatabase> {
  const database = await createTestDatabase(postgresUrl, { template: inject("auditTemplates").schema });
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  pool.on("error", () => undefined);
  return {
    url: database.url,
    pool,
    async append(count, change = () => ({})) {
      const { rows } = await pool.query<{ next_seq: string }>("SELECT next_seq FROM gateway_audit_head");
      const base = Number(rows[0]?.next_seq);
      const texts = Array.from(
        { length: count },
        (_, at) => makeEvent(base + at, change(base + at)).canonical,
      );
      await pool.query(INSERT, [count, arrayLiteral(texts)]);
    },
    async drop() {
      await pool.end();
      await database.drop();
    },
  };
}
