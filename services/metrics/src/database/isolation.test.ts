import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { rollUp } from "../rollups/roll-up.ts";
import { createDeliveries } from "../webhooks/deliveries.ts";
import { testPublish, testSeal } from "../webhooks/testing/parts.ts";
import { createWebhooks } from "../webhooks/webhooks.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { openDatabase } from "./database.ts";

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  const { database } = opened;
  await database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme'), ('globex', 'Globex')"),
  );
  for (const tenant of ["acme", "globex"]) {
    await database.asTenant("ingest", tenant, async (tx) => {
      await tx.query("INSERT INTO metrics.users (tenant_id, user_id) VALUES ($1, 'alice')", [tenant]);
      const shared = { user: "alice", occurredAt: Date.now(), attributes: null };
      await insertEvents(tx, tenant, [
        { kind: "activity", key: eventKey("a"), type: "login", ...shared },
        { kind: "score", key: eventKey("s"), score: 50, role: null, team: null, ...shared },
      ]);
    });
    await database.asPlatform("rollups", async (tx) => {
      await rollUp(tx, tenant);
      await tx.query(
        "INSERT INTO metrics.retention_states (tenant_id, horizon, announced_at) VALUES ($1, now(), now())",
        [tenant],
      );
      await tx.query(
        `INSERT INTO metrics.score_anomalies (tenant_id, hour, team, scores, mean, usual, deviation)
         VALUES ($1, now(), '', 5, 1, 50, -9)`,
        [tenant],
      );
      await tx.query("INSERT INTO metrics.daily_usage (tenant_id, day, events) VALUES ($1, now(), 1)", [
        tenant,
      ]);
      await tx.query(
        `INSERT INTO metrics.erasures (tenant_id, erasure_id, user_id, requested_by, reason)
         VALUES ($1, gen_random_uuid(), 'alice', 'test', 'test')`,
        [tenant],
      );
    });
    const webhook = { url: "https://example.com/", description: null, createdBy: "test" };
    const made = await createWebhooks(database, { maxPerTenant: 1, seal: testSeal }).create(tenant, {
      ...webhook,
      events: [],
      thresholds: [{ kpi: "events_1h", direction: "above", bound: 1 }],
    });
    await createDeliveries(database, { publish: testPublish, due: { add: () => undefined } }).test(
      tenant,
      made?.webhook.id ?? "",
    );
    await database.asPlatform("webhooks", (tx) =>
      tx.query("INSERT INTO metrics.quota_notices (tenant_id, day, notice) VALUES ($1, now(), 'near')", [
        tenant,
      ]),
    );
    await database.asTenant("ingest", tenant, async (tx) => {
      const marking = { user: "alice", occurredAt: Date.now(), attributes: null };
      await insertEvents(tx, tenant, [{ kind: "activity", key: eventKey("b"), type: "login", ...marking }]);
      await tx.query(
        `INSERT INTO metrics.idempotency_keys (tenant_id, key, request_sha256, response) VALUES ($1, 'k', '', '{}')`,
        [tenant],
      );
      await tx.query(
        `INSERT INTO metrics.live_tickets (sha256, tenant_id, identity, credential, proof, expires_at)
         VALUES (sha256(convert_to($1::text, 'UTF8')), $1::text, '{}', 'k', '{}', now() + interval '1 hour')`,
        [tenant],
      );
      await tx.query(
        `INSERT INTO metrics.api_keys (key_id, tenant_id, name, principal, principal_type, roles, sha256, created_by)
         VALUES (gen_random_uuid(), $1::text, 'k', 'p', 'user', '{admin}', sha256(convert_to($1::text, 'UTF8')), 'test')`,
        [tenant],
      );
    });
  }
});
afterAll(() => opened.drop());

/** Every table of the schema, so that one that is added is tried, too. */
async function tables(): Promise<string[]> {
  const rows = await queryDatabase<{ name: string }>(
    opened.url,
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'metrics'::regnamespace AND relkind IN ('r', 'p')",
  );
  return rows.map(({ name }) => name);
}

describe("a transaction of a tenant [SVC-1]", () => {
  it("sees its own rows alone in every table, without a WHERE", async () => {
    const seen: Record<string, string[]> = {};
    for (const table of await tables()) {
      const { rows } = await opened.database
        .asTenant("users", "acme", (tx) =>
          tx.query<{ tenant_id: string }>(`SELECT DISTINCT tenant_id FROM metrics.${table}`),
        )
        // The service may only write there.
        .catch(() => ({ rows: [] }));
      seen[table] = rows.map(({ tenant_id }) => tenant_id);
    }
    expect(Object.keys(seen).length).toBeGreaterThan(6);
    expect(seen).toEqual(Object.fromEntries(Object.keys(seen).map((table) => [table, ["acme"]])));
  });

  it("writes, changes and deletes no row of another one", async () => {
    const { database } = opened;
    const as = (statement: string) => database.asTenant("users", "acme", (tx) => tx.query(statement));
    for (const statement of [
      "INSERT INTO metrics.users (tenant_id, user_id) VALUES ('globex', 'mallory')",
      "UPDATE metrics.users SET tenant_id = 'globex' WHERE user_id = 'alice'",
      `INSERT INTO metrics.activity_events (tenant_id, event_key, user_id, activity_type, occurred_at)
       VALUES ('globex', gen_random_uuid(), 'mallory', 'login', now())`,
    ]) {
      await expect(as(statement)).rejects.toMatchObject({ code: "42501" });
    }
    expect((await as("DELETE FROM metrics.users WHERE tenant_id = 'globex'")).rowCount).toBe(0);
    expect((await as("UPDATE metrics.users SET name = 'x' WHERE tenant_id = 'globex'")).rowCount).toBe(0);
    expect((await as("DELETE FROM metrics.activity_events WHERE tenant_id = 'globex'")).rowCount).toBe(0);
  });

  it("leaves nothing of its tenant to the next one on the same connection", async () => {
    const alone = await openDatabase({
      connectionString: opened.url,
      maxConnections: 1,
      statementTimeoutMs: 60_000,
      observer: { transactionEnded: () => undefined },
    });
    try {
      const count = "SELECT count(*)::int AS users FROM metrics.users";
      const users = ({ rows }: { rows: { users: number }[] }) => rows[0]?.users;
      expect(users(await alone.asTenant("users", "acme", (tx) => tx.query(count)))).toBe(1);
      expect(users(await alone.withoutTenant("users", (tx) => tx.query(count)))).toBe(0);
      expect(users(await alone.asPlatform("users", (tx) => tx.query(count)))).toBe(2);
      expect(users(await alone.withoutTenant("users", (tx) => tx.query(count)))).toBe(0);
      await expect(
        alone.asTenant("users", "acme", async (tx) => {
          await tx.query(count);
          throw new Error("the work fails");
        }),
      ).rejects.toThrow("the work fails");
      expect(users(await alone.withoutTenant("users", (tx) => tx.query(count)))).toBe(0);
    } finally {
      await alone.close();
    }
  });

  it("cannot be begun without a tenant", async () => {
    expect(() => opened.database.asTenant("users", "", async () => undefined)).toThrow(TypeError);
  });
});

describe("the service's role", () => {
  it("is refused where it could see all tenants", async () => {
    const options = {
      maxConnections: 1,
      statementTimeoutMs: 60_000,
      observer: { transactionEnded: () => undefined },
    };
    await queryDatabase(opened.url, "ALTER TABLE metrics.users NO FORCE ROW LEVEL SECURITY");
    try {
      await expect(openDatabase({ connectionString: opened.url, ...options })).rejects.toMatchObject({
        code: "unsafe_table",
      });
    } finally {
      await queryDatabase(opened.url, "ALTER TABLE metrics.users FORCE ROW LEVEL SECURITY");
    }
  });

  it("does not own what it uses", async () => {
    const rows = await queryDatabase<{ owner: string }>(
      opened.url,
      "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'metrics'::regnamespace AND relkind = 'r'",
    );
    expect(rows).toEqual([{ owner: "metrics_owner" }]);
  });
});
