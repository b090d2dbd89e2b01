import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { QUICK, SECRETS, startReceivers, type Receivers } from "../support/destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric, series } from "../support/observed.ts";
import { send } from "../support/requests.ts";

const POISON = "poison-pill";
const MAX_FILE_BYTES = 64 * 1024;
const folder = mkdtempSync(join(tmpdir(), "sark-metrics-"));
const keyFile = join(folder, "datadog-key");
let receivers: Receivers;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  writeFileSync(keyFile, "a-wrong-key");
  receivers = await startReceivers();
  receivers.splunk.poison(POISON);
  const { splunk, datadog } = receivers.sinks;
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: {
      audit: { retention: "30d", maintenanceInterval: "500ms", checkpointInterval: "100ms" },
      logging: { files: { maxFileSize: `${MAX_FILE_BYTES}B`, maxTotalSize: `${8 * MAX_FILE_BYTES}B` } },
      destinations: [
        { name: "splunk", sink: splunk, ...QUICK },
        { name: "datadog", sink: { ...datadog, apiKey: `\${file:${keyFile}}` }, ...QUICK },
      ],
    },
    environment: SECRETS,
  });
});
afterAll(async () => {
  await gateway.close();
  await receivers.close();
  rmSync(folder, { recursive: true });
});

async function record(reason: string, timestamp = Date.now() / 1_000): Promise<void> {
  const response = await send(gateway.url, {
    path: "/api/v1/gateway/audit",
    headers: { "x-api-key": gateway.apiKey },
    body: { event_type: "discovery", decision: "allow", reason, timestamp, gateway_request_id: "r" },
  });
  expect(response.status).toBe(201);
}

it("every collector of the audit log and its deliveries has data where something happens [MET-10]", async () => {
  const splunk = { destination: "splunk", platform: "splunk_hec" };
  const datadog = { destination: "datadog", platform: "datadog" };
  const month = 40 * 86_400;
  await record("of last month", Date.now() / 1_000 - month);
  await record(POISON);
  // Lines enough for a second file.
  await Promise.all(Array.from({ length: 200 }, (_, at) => record(`event ${at} ${"x".repeat(200)}`)));
  const positive: [name: string, labels?: Record<string, string>][] = [
    ["sark_audit_events_written_total"],
    ["sark_audit_write_duration_seconds_count"],
    ["sark_audit_batch_events_count"],
    ["sark_audit_queue_capacity"],
    ["sark_audit_storage_bytes"],
    ["sark_audit_log_size"],
    ["sark_audit_store_up"],
    ["sark_log_files_bytes"],
    ["sark_log_rotations_total"],
    ["sark_siem_forwards_total", { ...splunk, status: "delivered" }],
    ["sark_siem_forwards_total", { ...splunk, status: "rejected" }],
    ["sark_siem_forwards_total", { ...datadog, status: "configuration" }],
    ["sark_siem_forward_duration_seconds_count", { platform: "splunk_hec" }],
    ["sark_siem_batch_events_count", { platform: "splunk_hec" }],
    ["sark_siem_compressed_bytes_total", splunk],
    ["sark_siem_events_acknowledged_total", splunk],
    ["sark_siem_events_quarantined_total", splunk],
    ["sark_siem_quarantined_events", splunk],
    ["sark_siem_connection_up", splunk],
    ["sark_siem_breaker_state", { ...splunk, state: "closed" }],
    ["sark_siem_breaker_state", { ...datadog, state: "open" }],
    ["sark_siem_paused", { ...datadog, reason: "configuration" }],
    ["sark_siem_backlog_events", datadog],
    ["sark_siem_backlog_seconds", datadog],
  ];
  for (const [name, labels] of positive) {
    await vi.waitFor(async () => expect([name, await metric(gateway, name, labels)]).not.toEqual([name, 0]));
  }
  const [raw, sent] = [
    await metric(gateway, "sark_siem_uncompressed_bytes_total", splunk),
    await metric(gateway, "sark_siem_compressed_bytes_total", splunk),
  ];
  expect(sent).toBeLessThan(raw);
  expect(await metric(gateway, "sark_siem_connection_up", datadog)).toBe(0);
  await vi.waitFor(async () => expect((await series(gateway)).get("sark_audit_queue_depth")).toBe(0));
  // Datadog holds what retention would drop, until it has received it.
  await vi.waitFor(async () =>
    expect(await metric(gateway, "sark_audit_purges_held_total")).toBeGreaterThan(0),
  );
  expect(await metric(gateway, "sark_audit_purged_rows_total", { table: "events" })).toBe(0);

  writeFileSync(keyFile, SECRETS.DATADOG_KEY);
  const path = "/api/v1/siem/destinations/datadog/resume";
  await send(gateway.url, { path, headers: { "x-api-key": gateway.apiKey } });
  for (const name of ["sark_audit_purged_rows_total", "sark_audit_retention_purges_total"]) {
    await vi.waitFor(async () =>
      expect([name, await metric(gateway, name, { table: "events" })]).toEqual([name, 1]),
    );
  }
});
