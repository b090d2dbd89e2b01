import { afterEach, expect, it, vi } from "vitest";
import { startMcpServer, startPostgres, UNFLUSHED } from "@sark/testkit";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

it("with the store away, calls go on or not as their sensitivity says; what is spooled arrives once [AUD-4]", async () => {
  const postgres = await startPostgres({ settings: UNFLUSHED });
  cleanup.push(() => postgres.stop());
  const tools = await startMcpServer();
  cleanup.push(() => tools.close());
  const upstream = { transport: "http", url: tools.url };
  const gateway = await startGatewayUnderTest({
    upstreams: [
      { ...upstream, name: "spooled", sensitivity: "low" },
      { ...upstream, name: "open", sensitivity: "medium" },
      { ...upstream, name: "closed", sensitivity: "high" },
    ],
    config: {
      // After the first, calls learn at once that it is away.
      database: { url: await postgres.createDatabase(), timeout: "2s" },
      audit: { whenDown: { low: "spool", medium: "open" }, maintenanceInterval: "500ms" },
      destinations: [{ name: "away", sink: { type: "otlp", url: "http://127.0.0.1:9" } }],
    },
  });
  cleanup.push(() => gateway.close());
  const call = (server: string) =>
    send(gateway.url, toolCall(server, "add", { a: 1, b: 2 }, { "x-api-key": gateway.apiKey }));
  const readiness = async () => (await send(gateway.url, { method: "GET", path: "/health/ready" })).status;

  await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 20_000 });
  await postgres.kill();
  const spooled = await call("spooled");
  expect(spooled.json).toMatchObject({ result: { structuredContent: { sum: 3 } } });
  expect((await call("open")).json).toMatchObject({ result: { structuredContent: { sum: 3 } } });
  expect((await call("closed")).json).toMatchObject({
    error: { data: { reason_code: "audit_unavailable" } },
  });
  expect(await readiness()).toBe(200);
  await vi.waitFor(async () => expect(await metric(gateway, "sark_audit_spooled_events_total")).toBe(2), {
    timeout: 20_000,
  });
  expect(await metric(gateway, "sark_audit_unrecorded_calls_total")).toBeGreaterThan(0);
  // What works in the background has no store, either.
  for (const name of [
    "sark_audit_background_failures_total",
    "sark_audit_log_failures_total",
    "sark_siem_store_failures_total",
  ]) {
    await vi.waitFor(async () => expect([name, await metric(gateway, name)]).not.toEqual([name, 0]));
  }

  await postgres.restart();
  const request = String(spooled.headers["x-correlation-id"]);
  await vi.waitFor(
    async () => {
      const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request);
      expect(rows.map(({ phase }) => phase)).toEqual(["intent", "outcome"]);
    },
    { timeout: 30_000 },
  );
  await vi.waitFor(async () => expect(await metric(gateway, "sark_audit_spool_bytes")).toBe(0), {
    timeout: 20_000,
  });
});
