import { createHealth } from "@sark/observability/health";
import { createLogger } from "@sark/observability/logging";
import { createRecorder, lintCatalog } from "@sark/observability/metrics";
import { startSplunkHec, type SplunkHec } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { startDelivery } from "../start-delivery.ts";
import type { Delivery } from "../engine/delivery.ts";
import { splunkDestination } from "../testing/engine.ts";
import { createLogDatabase, type LogDatabase } from "../testing/log-database.ts";
import { deliveryCatalog } from "./catalog.ts";
import { exposeDelivery } from "./gauges.ts";
import { deliveryHealthChecks } from "./health-checks.ts";
import { createDeliveryTelemetry } from "./observer.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const WAIT = { timeout: 30_000, interval: 10 };

let log: LogDatabase;
let hec: SplunkHec;
let delivery: Delivery;
let lines: string[];
const recorder = createRecorder(deliveryCatalog);
beforeEach(async () => {
  log = await createLogDatabase(inject("postgresUrl"));
  hec = await startSplunkHec({ token: TOKEN });
  lines = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({
    service: "test",
    version: "1",
    environment: "test",
    level: "debug",
    destination,
  });
  delivery = startDelivery({
    connectionString: log.url,
    destinations: [
      splunkDestination(hec, TOKEN),
      splunkDestination(hec, TOKEN, { name: "off", enabled: false }),
    ],
    replica: "r",
    pollMs: 10,
    observer: createDeliveryTelemetry({ recorder, logger }),
  });
  exposeDelivery(recorder, delivery);
  await delivery.registered;
});
afterEach(async () => {
  await delivery.close(0);
  await hec.close();
  await log.drop();
});

async function value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const series = await recorder.series();
  return series.find(
    (one) => one.name === name && Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted),
  )?.value;
}

describe("deliveries tell", () => {
  it("what a catalog without bad habits lists [MET-10] [MET-12]", () => {
    expect(lintCatalog(deliveryCatalog)).toEqual([]);
  });

  it("batches, compression, backlog, breaker and quarantine in metrics [SIEM-6] [MET-10]", async () => {
    const target = { destination: "splunk", platform: "splunk_hec" };
    expect(await value("sark_siem_events_quarantined_total", target)).toBe(0);
    hec.poison("poison");
    await log.append(250, (seq) => (seq === 30 ? { reason: "poison" } : {}));
    await delivery.flush("splunk", new AbortController().signal);
    expect(await value("sark_siem_events_acknowledged_total", target)).toBe(249);
    expect(await value("sark_siem_events_quarantined_total", target)).toBe(1);
    await vi.waitFor(async () => expect(await value("sark_siem_quarantined_events", target)).toBe(1), WAIT);
    expect(await value("sark_siem_forwards_total", { ...target, status: "rejected" })).toBe(1);
    const [raw, sent] = [
      await value("sark_siem_uncompressed_bytes_total", target),
      await value("sark_siem_compressed_bytes_total", target),
    ];
    expect(sent).toBeLessThan((raw ?? 0) / 2);
    expect(await value("sark_siem_breaker_state", { ...target, state: "closed" })).toBe(1);
    expect(await value("sark_siem_connection_up", target)).toBe(1);
    expect(await value("sark_siem_leading", target)).toBe(1);
    expect(await value("sark_siem_backlog_events", target)).toBe(0);

    await hec.goDown();
    await log.append(10);
    await vi.waitFor(async () => {
      expect(await value("sark_siem_breaker_state", { ...target, state: "open" })).toBe(1);
    }, WAIT);
    expect(await value("sark_siem_connection_up", target)).toBe(0);
    expect(await value("sark_siem_backlog_events", target)).toBe(10);
    expect(await value("sark_siem_backlog_seconds", target)).toBeGreaterThan(1);
    expect(await value("sark_siem_paused", { ...target, reason: "configuration" })).toBe(0);
    expect(lines.join("")).toContain("it is in quarantine");
    expect(lines.join("")).not.toContain(TOKEN);
  });

  it("batching, compression and breaker in the health report [SIEM-6] [HLT-1]", async () => {
    const checks = deliveryHealthChecks(delivery);
    expect(checks.map(({ name, component, required }) => [name, component, required])).toEqual([
      ["siem:splunk", "siem", false],
    ]);
    const [check] = checks;
    await log.append(5);
    await delivery.flush("splunk", new AbortController().signal);
    await expect(check?.check(new AbortController().signal)).resolves.toEqual({ message: "running" });
    expect(check?.known?.()).toMatchObject({
      breaker: { state: "closed" },
      batching: { maxEvents: 100, lastBatchEvents: 5 },
      compression: { encoding: "gzip", ratio: expect.any(Number) as number },
      backlog: { events: 0, seconds: 0 },
    });
    hec.faults.add({ kind: "code", code: 4, times: "always" });
    await log.append(5);
    await vi.waitFor(async () => {
      await expect(check?.check(new AbortController().signal)).rejects.toThrow(
        /^configuration, 5 events and \d+ s behind: status 403: .*Invalid token/,
      );
    }, WAIT);
    const health = createHealth({ version: "1", checks });
    await vi.waitFor(async () => {
      expect((await health.detailed()).body.components).toMatchObject([
        {
          last_failure_message: expect.stringContaining("5 events") as string,
          details: {
            state: "configuration",
            breaker: { state: "open" },
            compression: { encoding: "gzip" },
            backlog: { events: 5 },
          },
        },
      ]);
    }, WAIT);
  });
});
