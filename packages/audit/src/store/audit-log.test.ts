import { fork } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import type { AuditError } from "../errors.ts";
import type { GatewayEvent } from "../events/record.ts";
import { createAuditLog } from "./audit-log.ts";
import { migrate } from "./migrations/migrate.ts";
import { createAuditDatabase } from "./testing/audit-database.ts";

const event: GatewayEvent = {
  event_type: "tool_invoke",
  user_id: "alice",
  server_name: "files",
  tool_name: "read",
  decision: "allow",
  reason: "permitted by developers-read",
  timestamp: 1_795_000_000.25,
  gateway_request_id: "req-1",
  metadata: { size: 3, nested: { list: [1, "zwei", null] } },
};

/** `seq` runs from 0 without a gap, and each id stands there once. */
async function expectGapless(url: string, ids: readonly string[]): Promise<void> {
  const rows = await queryDatabase<Record<string, unknown>>(
    url,
    "SELECT id, seq::int AS seq FROM gateway_audit_events ORDER BY gateway_audit_events.seq",
  );
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => index));
  const stored = rows.map(({ id }) => id as string);
  expect(new Set(stored).size).toBe(stored.length);
  expect(ids.filter((id) => !stored.includes(id))).toEqual([]);
}

describe("on a healthy database", () => {
  let database: Awaited<ReturnType<typeof createAuditDatabase>>;
  beforeAll(async () => {
    database = await createAuditDatabase();
  });
  afterAll(() => database.drop());

  it("resolves to the id of a committed row with every field [AUD-1] [AUD-2]", async () => {
    const log = createAuditLog({ connectionString: database.url });
    const id = await log.logGatewayEvent(event);
    const [row] = await queryDatabase<Record<string, unknown>>(
      database.url,
      "SELECT * FROM gateway_audit_events WHERE id = $1",
      [id],
    );
    expect(row).toMatchObject({
      event_type: "tool_invoke",
      user_id: "alice",
      agent_id: null,
      server_name: "files",
      tool_name: "read",
      decision: "allow",
      reason: "permitted by developers-read",
      timestamp: new Date(1_795_000_000_250),
      gateway_request_id: "req-1",
      metadata: event.metadata,
    });
    expect(row?.["created_at"]).toBeInstanceOf(Date);
    await log.close();
  });

  it("takes events that an agent began [AUD-1]", async () => {
    const log = createAuditLog({ connectionString: database.url });
    const { user_id: _user, ...rest } = event;
    const id = await log.logGatewayEvent({ ...rest, agent_id: "bot", event_type: "a2a_communication" });
    const [row] = await queryDatabase<Record<string, unknown>>(
      database.url,
      "SELECT user_id, agent_id FROM gateway_audit_events WHERE id = $1",
      [id],
    );
    expect(row).toEqual({ user_id: null, agent_id: "bot" });
    await log.close();
  });

  it.each([
    ["decision", "unknown", { decision: "maybe" }],
    ["timestamp", "negative", { timestamp: -1 }],
    ["timestamp", "text", { timestamp: "yesterday" }],
    ["timestamp", "not a number", { timestamp: Number.NaN }],
    ["event_type", "spaces", { event_type: "Tool Invoke" }],
    ["event_type", "a record that only the log itself makes", { event_type: "retention_purge" }],
    ["event_type", "another one of those", { event_type: "payload_erasure" }],
    ["gateway_request_id", "empty", { gateway_request_id: "" }],
    ["user_id", "NUL", { user_id: "a\u0000b" }],
    ["reason", "half a surrogate pair", { reason: "\ud800" }],
    ["metadata", "NUL inside", { metadata: { text: "a\u0000b" } }],
    ["metadata", "a list", { metadata: [1] }],
    [
      "metadata",
      "nested too deep",
      { metadata: { deep: JSON.parse("[".repeat(20) + "]".repeat(20)) as unknown } },
    ],
    ["metadata", "too large", { metadata: { big: "x".repeat(66_000) } }],
    ["metadata", "too large in bytes", { metadata: { big: "€".repeat(22_000) } }],
    ["surprise", "unknown field", { surprise: 1 }],
  ])("refuses a bad event by its field: %s, %s [AUD-1]", async (field, _what, change) => {
    const log = createAuditLog({ connectionString: database.url });
    const bad = { ...event, ...change } as unknown as GatewayEvent;
    await expect(log.logGatewayEvent(bad)).rejects.toMatchObject({ code: "invalid_event", field });
    await log.close();
  });

  it("says how large an event is that is too large, and takes one that just fits [AUD-1]", async () => {
    const log = createAuditLog({ connectionString: database.url });
    const metadata = (bytes: number) => ({ big: "x".repeat(bytes - '{"big":""}'.length) });
    await expect(log.logGatewayEvent({ ...event, metadata: metadata(65_500) })).rejects.toThrow(
      /^metadata: has 65500 bytes as canonical JSON, the event as a whole 6\d{4}; it may have 65535$/,
    );
    const id = await log.logGatewayEvent({ ...event, metadata: metadata(64_000) });
    const [row] = await queryDatabase<Record<string, unknown>>(
      database.url,
      "SELECT octet_length(canonical) AS bytes, metadata->'big' IS NOT NULL AS whole FROM gateway_audit_events WHERE id = $1",
      [id],
    );
    expect(row).toMatchObject({ whole: true });
    expect(Number(row?.["bytes"])).toBeLessThanOrEqual(65_535);
    const deepest = JSON.parse("[".repeat(19) + "]".repeat(19)) as unknown;
    await log.logGatewayEvent({ ...event, metadata: { deepest } });
    await log.close();
  });

  it("takes text that only looks like what cannot be stored, and names what can't be [AUD-1]", async () => {
    const log = createAuditLog({ connectionString: database.url });
    const metadata = { path: "C:\\\\u0000dir", literal: "\\\\ud800" };
    const { id } = await log.record({ ...event, metadata, phase: "intent" });
    const [row] = await queryDatabase<Record<string, unknown>>(
      database.url,
      "SELECT metadata FROM gateway_audit_events WHERE id = $1",
      [id],
    );
    expect(row).toEqual({ metadata });
    await expect(log.record({ ...event, tool_name: "a\u0000" })).rejects.toMatchObject({
      code: "invalid_event",
      field: "tool_name",
    });
    await expect(log.record({ ...event, user_id: 5 as unknown as string })).rejects.toMatchObject({
      code: "invalid_event",
      field: "user_id",
    });
    await expect(log.record({ ...event, timestamp: Number.NaN })).rejects.toMatchObject({
      field: "timestamp",
    });
    await log.close();
  });

  it("has the columns and indexes of the contract [AUD-2]", async () => {
    const columns = await queryDatabase<Record<string, unknown>>(
      database.url,
      "SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = 'gateway_audit_events'",
    );
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      id: "uuid",
      event_type: "text",
      user_id: "text",
      agent_id: "text",
      server_name: "text",
      tool_name: "text",
      decision: "text",
      reason: "text",
      timestamp: "timestamp with time zone",
      gateway_request_id: "text",
      metadata: "jsonb",
      created_at: "timestamp with time zone",
    });
    const indexes = await queryDatabase<Record<string, unknown>>(
      database.url,
      `SELECT relname AS name, pg_get_indexdef(indexrelid, 1, true) AS leading FROM pg_index
       JOIN pg_class ON oid = indexrelid WHERE indrelid = 'gateway_audit_events'::regclass`,
    );
    const leading = Object.fromEntries(indexes.map((index) => [index["name"], index["leading"]]));
    expect(leading).toMatchObject({
      gateway_audit_events_pkey: "id",
      ix_gateway_audit_user_id: "user_id",
      ix_gateway_audit_timestamp: '"timestamp"',
      ix_gateway_audit_decision: "decision",
      ix_gateway_audit_event_type: "event_type",
      ix_gateway_audit_server_name: "server_name",
      ix_gateway_audit_tool_name: "tool_name",
      ix_gateway_audit_request_id: "gateway_request_id",
    });
  });

  it("numbers the events of four processes without a gap, in commit order [AUD-4]", async () => {
    const own = await createAuditDatabase();
    const program = new URL("./testing/append-many.ts", import.meta.url);
    const writers = [1, 2, 3, 4].map((number) => fork(program, [own.url, `writer-${number}`, "500"]));
    const ids = (await Promise.all(writers.map((writer) => once(writer, "message")))).flatMap(
      ([sent]) => sent as string[],
    );
    expect(ids).toHaveLength(2_000);
    await expectGapless(own.url, ids);
    await own.drop();
  });

  it("refuses callers beyond the queue, at once and by name, and keeps the others [AUD-4]", async () => {
    const log = createAuditLog({ connectionString: database.url, queueLimit: 10 });
    const results = await Promise.allSettled(Array.from({ length: 25 }, () => log.logGatewayEvent(event)));
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(15);
    expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ code: "overloaded" });
    await log.close();
    await expect(log.logGatewayEvent(event)).rejects.toMatchObject({ code: "closed" });
  });

  it("isolates a row that the database refuses from its neighbours [AUD-4]", async () => {
    const log = createAuditLog({ connectionString: database.url });
    const [first] = await queryDatabase<Record<string, unknown>>(database.url, "SELECT 1");
    expect(first).toBeDefined();
    await queryDatabase<Record<string, unknown>>(
      database.url,
      "ALTER TABLE gateway_audit_events ADD CONSTRAINT poison CHECK (reason <> 'poison')",
    );
    const results = await Promise.allSettled(
      Array.from({ length: 9 }, (_none, index) =>
        log.logGatewayEvent({ ...event, reason: index === 4 ? "poison" : "ok" }),
      ),
    );
    await queryDatabase<Record<string, unknown>>(
      database.url,
      "ALTER TABLE gateway_audit_events DROP CONSTRAINT poison",
    );
    expect(results.map(({ status }) => status)).toEqual(
      Array.from({ length: 9 }, (_none, index) => (index === 4 ? "rejected" : "fulfilled")),
    );
    await log.close();
  });
});

describe("on a failing database", () => {
  let postgres: TemporaryPostgres;
  beforeAll(async () => {
    postgres = await startPostgres({ settings: UNFLUSHED });
  });
  afterAll(() => postgres.stop());

  it("loses nothing that it acknowledged, and writes nothing twice, when PostgreSQL is killed under load [AUD-4]", async () => {
    const url = await postgres.createDatabase();
    await migrate(url);
    const log = createAuditLog({ connectionString: url, writeTimeoutMs: 2_000 });
    const acknowledged: string[] = [];
    const codes = new Set<string>();
    const load = { over: false };
    const callers = Array.from({ length: 20 }, async () => {
      while (!load.over) {
        try {
          acknowledged.push(await log.logGatewayEvent(event));
        } catch (error) {
          codes.add((error as AuditError).code);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    });
    for (let round = 0; round < 3; round += 1) {
      const before = acknowledged.length;
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 200), { timeout: 30_000 });
      await postgres.kill();
      await postgres.restart();
    }
    const last = acknowledged.length;
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(last), { timeout: 30_000 });
    load.over = true;
    await Promise.all(callers);
    await log.close();
    expect([...codes].every((code) => code.startsWith("store_"))).toBe(true);
    await expectGapless(url, acknowledged);
  });

  it("gives a caller its error in time when PostgreSQL hangs, and goes on when it is back [AUD-4]", async () => {
    const url = await postgres.createDatabase();
    await migrate(url);
    const failures: string[] = [];
    const log = createAuditLog({
      connectionString: url,
      writeTimeoutMs: 2_000,
      observer: { writeFailed: ({ code }) => failures.push(code) },
    });
    await vi.waitFor(() => log.logGatewayEvent(event));
    const beforeThat = failures.length;
    postgres.pause();
    await expect(log.logGatewayEvent(event)).rejects.toMatchObject({ code: "store_timeout" });
    postgres.resume();
    const id = await vi.waitFor(() => log.logGatewayEvent(event), { timeout: 10_000 });
    expect(failures[beforeThat]).toBe("store_timeout");
    await expectGapless(url, [id]);
    await log.close();
  });
});
