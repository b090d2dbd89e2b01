import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import { queryDatabase, startSplunkHec, type SplunkHec } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { QUICK } from "../support/destinations.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric } from "../support/observed.ts";
import { send } from "../support/requests.ts";

const TOKEN = "planted-splunk-token";
const FIRST = { ...QUICK, start: "beginning" } as const;
const MONTH_S = 40 * 86_400;
let folder: string;
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let splunk: SplunkHec;
let unconfirming: Server;

const start = (config: object = {}) =>
  startGatewayUnderTest({
    upstreams: [],
    policies: EVERYONE,
    config: {
      dataDirectory: join(folder, "data"),
      database: { url: database.url },
      ...config,
    },
    environment: { SPLUNK_TOKEN: TOKEN },
  });

async function record({ url, apiKey }: GatewayUnderTest, timestamp: number, metadata: object): Promise<void> {
  const event = { event_type: "discovery", decision: "allow", reason: "r", gateway_request_id: "r" };
  const { status } = await send(url, {
    path: "/api/v1/gateway/audit",
    headers: { "x-api-key": apiKey },
    body: { ...event, timestamp, metadata },
  });
  expect(status).toBe(201);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-restart-"));
  database = await createAuditDatabase();
  splunk = await startSplunkHec({ token: TOKEN, acknowledgement: true, indexing: "when-told" });
  // Ends its side of each connection at once: nothing confirms what it reads.
  unconfirming = createServer({ allowHalfOpen: true }, (socket) => void socket.resume().end());
  unconfirming.listen(0, "127.0.0.1");
  await once(unconfirming, "listening");
});
afterAll(async () => {
  await splunk.close();
  unconfirming.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** The value, once it is not 0. */
const untilCounted = (gateway: GatewayUnderTest, name: string, labels: Record<string, string> = {}) =>
  vi.waitFor(async () => {
    const value = await metric(gateway, name, labels);
    if (value === 0) {
      throw new Error(`${name} is 0`);
    }
    return value;
  });

it("tiles that were made again, and a damaged line of the spool, are counted at the next start [MET-10]", async () => {
  const first = await start();
  const now = Date.now() / 1_000;
  await record(first, now - MONTH_S, {});
  await record(first, now, { text: "x".repeat(6_000) });
  expect(await untilCounted(first, "sark_audit_log_size")).toBeGreaterThan(0);
  await first.close();
  await queryDatabase(database.url, "DELETE FROM gateway_audit_tiles");
  const spool = join(folder, "data", "audit-spool");
  mkdirSync(spool, { recursive: true });
  writeFileSync(join(spool, "spool-000000000001.jsonl"), "no record\n");

  const second = await start({ audit: { retention: "30d", maintenanceInterval: "500ms" } });
  onTestFinished(() => second.close());
  expect(await untilCounted(second, "sark_audit_log_tiles_rebuilt_total")).toBeGreaterThan(0);
  expect(await untilCounted(second, "sark_audit_quarantined_events_total")).toBeGreaterThan(0);
  expect(await untilCounted(second, "sark_audit_purged_rows_total", { table: "events" })).toBeGreaterThan(0);
});

it("what was purged, cut, acknowledged late or never is counted of a destination that is new [MET-10] [AUD-3]", async () => {
  const { port } = unconfirming.address() as AddressInfo;
  const syslog = { type: "syslog", host: "127.0.0.1", port, transport: "tcp", settleTime: "50ms" };
  // Before anything is sent.
  splunk.faults.add({ kind: "hang", times: "always" });
  const gateway = await start({
    destinations: [
      { name: "splunk", sink: { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" }, ...FIRST },
      { name: "syslog", sink: { ...syslog, maxMessageSize: "2KiB" }, ...FIRST },
    ],
  });
  onTestFinished(() => gateway.close());
  expect(
    await untilCounted(gateway, "sark_siem_requests_in_flight", { destination: "splunk" }),
  ).toBeGreaterThan(0);
  splunk.faults.clear();
  expect(await untilCounted(gateway, "sark_siem_awaiting_events", { destination: "splunk" })).toBeGreaterThan(
    0,
  );
  expect(
    await untilCounted(gateway, "sark_siem_awaiting_seconds", { destination: "splunk" }),
  ).toBeGreaterThan(0);
  const indexing = setInterval(() => splunk.indexPending(), 20);
  onTestFinished(() => clearInterval(indexing));
  expect(
    await untilCounted(gateway, "sark_siem_events_purged_total", { destination: "splunk" }),
  ).toBeGreaterThan(0);
  expect(
    await untilCounted(gateway, "sark_siem_acknowledgement_duration_seconds_count", {
      platform: "splunk_hec",
    }),
  ).toBeGreaterThan(0);
  expect(
    await untilCounted(gateway, "sark_siem_events_cut_total", { destination: "syslog" }),
  ).toBeGreaterThan(0);
  expect(
    await untilCounted(gateway, "sark_siem_events_sent_total", { destination: "syslog" }),
  ).toBeGreaterThan(0);
});

it("a database that has lost what it had committed is counted, and said with the first number that is missing [AUD-4] [MET-10]", async () => {
  const other = await createAuditDatabase();
  onTestFinished(() => other.drop());
  const gateway = await start({ dataDirectory: join(folder, "set-back"), database: { url: other.url } });
  onTestFinished(() => gateway.close());
  await record(gateway, Date.now() / 1_000, {});
  await record(gateway, Date.now() / 1_000, {});
  // As a standby has it that took over without the last commit.
  await queryDatabase(
    other.url,
    `WITH cut AS (DELETE FROM gateway_audit_events WHERE seq = 1) UPDATE gateway_audit_head SET next_seq = 1`,
  );
  await queryDatabase(
    other.url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  // No call comes: health asks.
  expect(await untilCounted(gateway, "sark_audit_store_set_back_total")).toBe(1);
  expect(gateway.lines).toContainEqual(
    expect.objectContaining({ log: "security-audit", error_type: "store_set_back", seq: 1, next_seq: 1 }),
  );
});
