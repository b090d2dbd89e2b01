import pg from "pg";
import { inject } from "vitest";
import { createTestDatabase } from "@sark/testkit";
import { newEventId } from "../../events/event-id.ts";
import { parseAuditRecord, type AuditRecord } from "../../events/record.ts";
import { toAcceptedEvent } from "../../events/accepted-event.ts";
import { insertBatch } from "../../store/writing/insert-batch.ts";

export interface AppendedEvent {
  readonly id: string;
  readonly canonical: Buffer;
}

/** A migrated audit database for one test file, and the means to fill it. */
export interface TestLog {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Commits that many events; resolves to them in order. */
  append(count: number, record?: Partial<AuditRecord>): Promise<readonly AppendedEvent[]>;
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Deletes all events, tiles and checkpoints. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** @param template a database to copy; by default one that is migrated and empty */
export async function createTestLog(
  serverUrl: string,
  template = inject("auditTemplates").schema,
): Promise<TestLog> {
  const database = await createTestDatabase(serverUrl, { template });
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  pool.on("error", () => undefined);
  let made = 0;

  const query: TestLog["query"] = async (sql, values = []) =>
    (await pool.query<Record<string, unknown>>(sql, [...values])).rows;

  return {
    url: database.url,
    pool,
    query,
    async append(count, record = {}) {
      const events = Array.from({ length: count }, () => {
        made += 1;
        return toAcceptedEvent(parseAuditRecord({ ...sample(made), ...record }), newEventId(), Date.now());
      });
      const client = await pool.connect();
      try {
        for (let at = 0; at < count; at += 1_000) {
          await insertBatch(client, events.slice(at, at + 1_000));
        }
      } finally {
        client.release();
      }
      return events.map(({ id, canonical }) => ({ id, canonical: Buffer.from(canonical) }));
    },
    async empty() {
      await query("TRUNCATE gateway_audit_events, gateway_audit_tiles, gateway_audit_checkpoints");
      await query("UPDATE gateway_audit_head SET next_seq = 0");
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** An event with every column filled; each second one with text that JSON has to escape. */
function sample(number: number): AuditRecord {
  const plain = number % 2 === 0;
  return {
    event_type: "tool_invoke",
    user_id: `user-${number % 7}`,
    agent_id: plain ? "agent é 𝄞" : 'agent "quoted" \\ \u0001 é 𝄞',
    server_name: "files",
    tool_name: "read",
    decision: number % 3 === 0 ? "deny" : "allow",
    reason: plain ? `reason ${number}` : `reason ${number}\nwith a second line`,
    timestamp: 1_795_000_000 + number / 8,
    gateway_request_id: `request-${number}`,
    metadata: { number, nested: { list: [1, 1.5, 1e21, -0, null, true, "zwei"], ä: {} } },
    phase: "outcome",
    outcome: "ok",
    intent_id: "019a9b1e-0000-7000-8000-000000000000",
    tenant_id: "tenant",
    sensitivity: "high",
    duration_ms: 12.345 + number,
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    session_id: "session",
    client_address: "203.0.113.7",
    credential: "api_key:k-1",
    submitted_by: "agent:edge",
    policy: { engine: "cedar", ids: ["allow-read"], revision: null },
  };
}
