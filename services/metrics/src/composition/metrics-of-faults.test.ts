import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { createSigningKey, createTestDatabase, noteDrive, queryDatabase, signToken } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from "vitest";
import { loadConfig } from "../config/load.ts";
import { startMetrics, type MetricsServer } from "./start-metrics.ts";
import { lockTable } from "../testing/lock-table.ts";

const PLATFORM_KEY = generateApiKey();
const ISSUER = "https://issuer.example";
/** Of the pool; as many statements wait for a lock. */
const CONNECTIONS = 3;
/** Events that the tenant may send at once, and then one in a second. */
const BURST = 3;
const folder = mkdtempSync(join(tmpdir(), "sark-metrics-faults-"));
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let server: MetricsServer;
let key: string;

beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  const file = join(folder, "metrics.json");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: folder,
      platformKey: "${PLATFORM_KEY}",
      http: { port: 0 },
      database: { url: database.url, maxConnections: CONNECTIONS, timeout: "10m" },
      authentication: {
        // Nothing listens there.
        jwt: [{ issuer: ISSUER, audiences: ["sark"], jwksUrl: "http://127.0.0.1:9/keys" }],
      },
      ingest: { maxBatch: BURST, burst: BURST, eventsPerSecond: 1 },
    }),
  );
  server = await startMetrics(loadConfig({ file, environment: {} }), {
    environment: { PLATFORM_KEY },
    logDestination: { write: () => undefined },
  });
  await send(PLATFORM_KEY, "/v1/platform/tenants", { id: "acme", name: "Acme" });
  const made = await send(PLATFORM_KEY, "/v1/platform/tenants/acme/keys", {
    name: "first",
    principal: "acme-admin",
    roles: ["admin", "sender"],
  });
  ({ key } = (await made.json()) as { key: string });
});
afterAll(async () => {
  await noteDrive("metrics", server.telemetry.recorder);
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function send(credential: string, path: string, body?: object): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "x-api-key": credential,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const sendEvent = (id: string) =>
  send(key, "/v1/batches", { items: [{ kind: "activity", id, user_id: "alice", type: "login" }] });

async function counted(name: string): Promise<number> {
  const series = await server.telemetry.recorder.series();
  return series.filter((one) => one.name === name).reduce((sum, { value }) => sum + value, 0);
}
/** The value, once it is not 0. */
const untilCounted = (name: string) =>
  vi.waitFor(async () => {
    const value = await counted(name);
    if (value === 0) {
      throw new Error(`${name} is 0`);
    }
    return value;
  });

const lock = (table: string) => lockTable(server.ownerUrl, table);

/** Statements with this text that wait for a lock: others may do so, too. */
const waiting = (text: string) =>
  `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%${text}%'`;

async function untilWaiting(text: string): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await queryDatabase(database.url, `SELECT pid ${waiting(text)}`);
    expect(rows.length).toBeGreaterThan(0);
  });
}

/** What waits is let go by the tests, not by time. */
async function cancel(text: string): Promise<void> {
  await queryDatabase(database.url, `SELECT pg_cancel_backend(pid) ${waiting(text)}`);
}

it("events that wait, and transactions of them that fail, are counted [SVC-2]", async () => {
  const unlock = await lock("metrics.activity_events");
  const response = sendEvent("late");
  expect(await untilCounted("metrics_ingest_waiting_events")).toBeGreaterThan(0);
  await untilWaiting("INSERT INTO metrics.activity_events");
  await cancel("INSERT INTO metrics.activity_events");
  expect((await response).status).toBe(503);
  expect(await counted("metrics_ingest_write_failures_total")).toBeGreaterThan(0);
  await unlock();
});

it("what waits for a connection of the pool is counted [SVC-2]", async () => {
  const unlock = await lock("metrics.users");
  const responses = Array.from({ length: CONNECTIONS + 2 }, () => send(key, "/v1/users"));
  expect(await untilCounted("metrics_database_pool_waiting")).toBeGreaterThan(0);
  await unlock();
  await Promise.all(responses);
});

it("requests beyond a tenant's rate are counted [SVC-2]", async () => {
  const responses = await Promise.all(Array.from({ length: 10 * BURST }, (_, at) => sendEvent(`one-${at}`)));
  expect(new Set(responses.map(({ status }) => status))).toContain(429);
  expect(await counted("metrics_rate_limited_total")).toBeGreaterThan(0);
});

it("bytes of a request that is under way are counted [SVC-2]", async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const head = ["POST /v1/batches HTTP/1.1", `host: ${hostname}:${port}`, `x-api-key: ${key}`];
  socket.write([...head, "content-type: application/json", "content-length: 1000", "", "{"].join("\r\n"));
  expect(await untilCounted("metrics_api_held_request_bytes")).toBeGreaterThan(0);
});

it("keys of an issuer that cannot be had are counted [SVC-2]", async () => {
  const token = await signToken(
    { iss: ISSUER, aud: "sark", sub: "alice", tenant: "acme", exp: Math.floor(Date.now() / 1_000) + 60 },
    await createSigningKey("ES256"),
  );
  const response = await fetch(`${server.url}/v1/users`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.ok).toBe(false);
  expect(await untilCounted("metrics_signing_keys_failures_total")).toBeGreaterThan(0);
});

it("what is to be told to webhooks is counted, and that it could not be looked at [SVC-2]", async () => {
  const made = await send(key, "/v1/webhooks", { url: "https://hooks.invalid/" });
  const { webhook } = (await made.json()) as { webhook: { id: string } };
  // No job is taken meanwhile.
  const unlock = await lock("pgboss.job");
  await send(key, `/v1/webhooks/${webhook.id}/test`, {});
  // What asks for the job waits for the table, and looks at what there is after that.
  await vi.waitFor(async () => {
    await cancel("pgboss.job");
    expect(await counted("metrics_webhook_oldest_due_seconds")).toBeGreaterThan(0);
  });
  expect(await counted("metrics_webhook_pending_deliveries")).toBe(1);
  await noteDrive("metrics", server.telemetry.recorder);
  await unlock();
  const unlockDeliveries = await lock("metrics.webhook_deliveries");
  // Several kinds of work read that table, in whatever order: what waits is let go until the one that counts has failed.
  await vi.waitFor(async () => {
    await cancel("metrics.webhook_deliveries");
    expect(await counted("metrics_webhook_failures_total")).toBeGreaterThan(0);
  });
  await unlockDeliveries();
});
