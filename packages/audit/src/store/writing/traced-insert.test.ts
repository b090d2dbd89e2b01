import { randomBytes } from "node:crypto";
import { queryDatabase } from "@sark/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { acceptRecord } from "../../events/accept-record.ts";
import { createConnection, PLANNED_ONCE } from "../../postgres/connection.ts";
import { createAuditLog } from "../audit-log.ts";
import type { AuditLog } from "../audit-log-types.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";
import { callIntent } from "../testing/records.ts";
import { insertBatch } from "./insert-batch.ts";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let log: AuditLog;
beforeAll(async () => {
  database = await createAuditDatabase();
  log = createAuditLog({ connectionString: database.url, payloads: { policy: "redacted" } });
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const newTrace = () => ({ traceId: hex(16), spanId: hex(8) });

/** Names of the connections that wait for the lock of the head. */
async function waiting(): Promise<string[]> {
  const rows = await queryDatabase<{ application_name: string }>(
    database.url,
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows.map(({ application_name }) => application_name);
}

it.each([
  ["without payloads", {}],
  ["with payloads", { payloads: { arguments: { path: "/etc/hosts" } } }],
])("the database shows which trace a write belongs to while it waits, %s [LOG-5]", async (_how, options) => {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  // Also where the test fails: what it holds would stop the next one.
  onTestFinished(() => holder.end());
  await holder.query("BEGIN");
  await holder.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE");
  const trace = newTrace();
  const recorded = log.record(callIntent(), { ...options, trace });
  await vi.waitFor(async () =>
    expect(await waiting()).toEqual([`sark-audit/${trace.traceId}-${trace.spanId}`]),
  );
  await holder.query("COMMIT");
  expect(await recorded).toMatchObject({ kept: "committed" });

  // The next write of the same connection belongs to none; ids that are none are not shown.
  await holder.query("BEGIN");
  await holder.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE");
  const untraced = log.record(callIntent(), {
    ...options,
    trace: { traceId: "'; DROP TABLE x; --", spanId: hex(8) },
  });
  await vi.waitFor(async () => expect(await waiting()).toEqual(["sark-audit"]));
  await holder.query("COMMIT");
  await untraced;
});

it("however many traces there are, a connection prepares four statements, and has its name back [LOG-5]", async () => {
  const writer = createConnection({
    connectionString: database.url,
    timeoutMs: 60_000,
    session: PLANNED_ONCE,
  });
  const kept = { kind: "arguments", policy: "digest", salt: Buffer.alloc(1), body: null } as const;
  const ids: string[] = [];
  for (let count = 0; count < 24; count += 1) {
    const event = {
      ...acceptRecord(callIntent()),
      ...(count % 2 === 0 ? {} : { payloads: [kept] }),
      ...(count % 3 === 0 ? {} : { trace: newTrace() }),
    };
    ids.push(event.id);
    await writer.use((client) => insertBatch(client, [acceptRecord(callIntent()), event]));
  }
  const { prepared, name } = await writer.use(async (client) => ({
    prepared: await client.query("SELECT custom_plans::int FROM pg_prepared_statements"),
    name: await client.query("SHOW application_name"),
  }));
  expect(prepared.rows).toEqual(Array.from({ length: 4 }, () => ({ custom_plans: 0 })));
  expect(name.rows).toEqual([{ application_name: "sark-audit" }]);
  const stored = await queryDatabase(
    database.url,
    "SELECT FROM gateway_audit_events WHERE id = ANY($1::uuid[])",
    [ids],
  );
  expect(stored).toHaveLength(ids.length);
  await writer.close();
});
