import { readdirSync } from "node:fs";
import { join } from "node:path";
import { queryDatabase } from "@sark/testkit";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { eventKey } from "../ingest/event-key.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { createActivityQueries } from "../kpis/activity.ts";
import { createScoreQueries } from "../kpis/scores.ts";
import { rollUp } from "../rollups/roll-up.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { sealSecrets } from "../webhooks/secrets/seal-secrets.ts";
import { createSecretSeal } from "../webhooks/secrets/secret-seal.ts";
import { createWebhooks } from "../webhooks/webhooks.ts";
import { migrateMetrics, rollBackMetrics } from "./migrate.ts";

const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 10, 20, 22);
const SPAN = { from: FROM + 600_000, to: FROM + 30 * HOUR_MS };
const PAGE = { after: null, limit: 100 };
const ALL_SCORES = {
  span: SPAN,
  filter: { role: null, team: null },
  interval: "hour",
  groupBy: null,
} as const;
const NAMES = readdirSync(join(import.meta.dirname, "../../migrations"))
  .filter((file) => file.endsWith(".up.sql"))
  .map((file) => file.slice(0, -".up.sql".length))
  .toSorted();
/** Tables, functions, policies and rights: what migrations make. */
const SCHEMA = `SELECT kind, name, definition FROM (
  SELECT 'column' AS kind, table_name || '.' || column_name AS name,
    concat_ws(' ', data_type, is_nullable, column_default) AS definition
  FROM information_schema.columns WHERE table_schema = 'metrics'
  UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'metrics'::regnamespace
  UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'metrics'
  UNION ALL SELECT 'policy', tablename || '.' || policyname, concat_ws(' ', roles, cmd, qual, with_check)
  FROM pg_policies WHERE schemaname = 'metrics'
  UNION ALL SELECT 'function', oid::regprocedure::text, concat_ws(' ', proowner::regrole, proacl, pg_get_functiondef(oid))
  FROM pg_proc WHERE pronamespace = 'metrics'::regnamespace
  UNION ALL SELECT 'table', relname, concat_ws(' ', relowner::regrole, relrowsecurity, relforcerowsecurity,
    (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a))
  FROM pg_class WHERE relnamespace = 'metrics'::regnamespace AND relkind IN ('r', 'p', 'v')
  UNION ALL SELECT 'right', attrelid::regclass || '.' || attname, attacl::text
  FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'metrics'::regnamespace)
) AS made ORDER BY 1, 2, 3`;

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeEach(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterEach(() => opened.drop());

const event = (id: string, user: string, hour: number): IngestEvent => ({
  kind: "activity",
  key: eventKey(id),
  user,
  type: "login",
  occurredAt: FROM + hour * HOUR_MS,
  attributes: null,
});
const score = (id: string, user: string, hour: number, value: number): IngestEvent => ({
  ...event(id, user, hour),
  kind: "score",
  score: value,
  role: "engineer",
  team: "red",
});
const seal = createSecretSeal([Buffer.alloc(32, "k")]);
const webhooks = () => createWebhooks(opened.database, { maxPerTenant: 5, seal });

/** Of two tenants, rolled up and not, and a webhook. */
async function fill(): Promise<void> {
  const { database } = opened;
  await database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme'), ('globex', 'Globex')"),
  );
  const send = (tenant: string, ...events: readonly IngestEvent[]) =>
    database.asTenant("ingest", tenant, (tx) => insertEvents(tx, tenant, events));
  await send("acme", event("a", "alice", 0.5), event("b", "bob", 1.2), score("s", "alice", 1, 80));
  await send("globex", event("a", "mallory", 1), score("s", "mallory", 1, 1));
  await database.asPlatform("rollups", (tx) => rollUp(tx, "acme"));
  await send("acme", event("c", "carol", 1.7), event("d", "dave", 26), score("t", "bob", 26.5, 20));
  await webhooks().create("acme", {
    url: "https://example.com/",
    description: "on-call",
    events: [],
    thresholds: [{ kpi: "active_users_1h", direction: "below", bound: 10 }],
    createdBy: "test",
  });
}

/** What tenants get to see of their data. */
async function kpis(): Promise<unknown> {
  const { database } = opened;
  const of = async (tenant: string) => [
    await createActivityQueries(database).trend(tenant, SPAN, "hour", PAGE),
    await createScoreQueries(database).trend(tenant, ALL_SCORES, PAGE),
  ];
  return [await of("acme"), await of("globex")];
}

/** What earlier versions ask for, too. */
async function readings(): Promise<unknown> {
  const of = (tenant: string, columns: string, source: string) =>
    opened.database.asTenant("kpis", tenant, async (tx) => {
      const { rows } = await tx.query(
        `SELECT start_at, user_id, ${columns} FROM metrics.${source}($1, $2, $3, false) GROUP BY 1, 2 ORDER BY 1, 2`,
        [tenant, new Date(SPAN.from), new Date(SPAN.to)],
      );
      return rows;
    });
  const all = ["acme", "globex"].flatMap((tenant) => [
    of(tenant, "sum(events)", "activity_between"),
    of(tenant, "sum(scores), sum(total)::float8, sum(to_25), sum(to_90)", "scores_between"),
  ]);
  return Promise.all(all);
}

it("each migration goes down and up again over data: the schema is as before, and events and KPIs are all there [SVC-1]", async () => {
  await fill();
  const { url } = opened;
  const before = {
    schema: await queryDatabase(url, SCHEMA),
    readings: await readings(),
    kpis: await kpis(),
  };
  for (const [at, name] of NAMES.entries()) {
    const to = NAMES[at - 1];
    // What the tables of the first ones hold goes with them.
    if (to === undefined || name < "0301") {
      continue;
    }
    expect(await rollBackMetrics(url, to)).toEqual(NAMES.slice(at).toReversed());
    expect(await readings()).toEqual(before.readings);
    expect(await migrateMetrics(url)).toEqual(NAMES.slice(at));
    expect(await queryDatabase(url, SCHEMA)).toEqual(before.schema);
    expect(await readings()).toEqual(before.readings);
    expect(await kpis()).toEqual(before.kpis);
  }
});

it("a webhook outlives that its secret cannot be sealed any more: it has another one, and sends nothing until it is enabled", async () => {
  await fill();
  const [webhook] = await webhooks().list("acme", null, 2);
  await rollBackMetrics(opened.url, "0300_webhooks");
  const [row] = await queryDatabase<{ secret: Buffer; disabled_reason: string }>(
    opened.url,
    "SELECT secret, disabled_reason FROM metrics.webhooks",
  );
  expect(row).toMatchObject({ secret: expect.any(Buffer), disabled_reason: "requested" });
  await migrateMetrics(opened.url);
  expect(await sealSecrets(opened.database, seal)).toBe(1);
  const [again] = await webhooks().list("acme", null, 2);
  expect(again).toEqual({ ...webhook, disabledAt: expect.any(Date), disabledReason: "requested" });
});

it("all migrations go down over data, and up again to the same schema", async () => {
  await fill();
  const before = await queryDatabase(opened.url, SCHEMA);
  expect(await rollBackMetrics(opened.url, null)).toEqual(NAMES.toReversed());
  expect(
    await queryDatabase(opened.url, "SELECT nspname FROM pg_namespace WHERE nspname = 'metrics'"),
  ).toEqual([]);
  expect(await migrateMetrics(opened.url)).toEqual(NAMES);
  expect(await queryDatabase(opened.url, SCHEMA)).toEqual(before);
  await fill();
});
