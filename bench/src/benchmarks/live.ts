import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { wait } from "@sark/observability/waiting";
import { startPostgres } from "@sark/testkit";
import { withCleanup } from "../cleanup.ts";
import { startServer } from "../child.ts";
import { closedLoop, openLoop, type Target } from "../load.ts";
import { startMetricsProcess } from "../metrics-process.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { quantile } from "../statistics.ts";
import { activityLines, issueTenantKey, sendLines } from "../tenants.ts";
import type { WatchersReady, WatchersResult } from "../servers/live-watchers.ts";

const CLIENTS = 1_000;
const BATCHES_PER_SECOND = 10;
const BATCH = 50;
const MAX_UPDATE_MS = 1_000;
const MAX_READ_MS = 100;

/**
 * Live clients of one tenant in a process of their own, a stream of events, and reads of KPIs at half of what the service can do
 * meanwhile. Each client has to be told of each event, and within a second of the response that acknowledges it.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-live-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const databaseUrl = await postgres.createDatabase();
    const platformKey = generateApiKey();
    const service = await startMetricsProcess({ databaseUrl, dataDirectory: folder, platformKey });
    defer(() => service.stop());
    const key = await issueTenantKey(service.url, platformKey, "bench", ["sender", "viewer"]);

    options.progress(`connecting ${CLIENTS} clients …`);
    const watchers = await startServer<WatchersReady>("live-watchers", {
      url: service.url,
      key,
      clients: CLIENTS,
    });
    defer(() => watchers.stop());

    const ending = new AbortController();
    let sent = 0;
    async function stream(): Promise<void> {
      const started = performance.now();
      for (let batch = 0; !ending.signal.aborted; batch += 1) {
        await wait(Math.max(0, started + (batch * 1_000) / BATCHES_PER_SECOND - performance.now()));
        await sendLines(service.url, key, activityLines(BATCH), BATCH);
        sent += BATCH;
        watchers.tell({ acknowledged: sent, at: Date.now() });
      }
    }
    const streaming = stream();
    streaming.catch(() => undefined);

    const reads: Target = {
      url: `${service.url}/v1/kpis/active-users`,
      method: "GET",
      headers: () => ({ "x-api-key": key }),
      body: "",
      check(status) {
        if (status !== 200) {
          throw new Error(`a read was responded to with ${status}`);
        }
      },
    };
    const seconds = options.long ? 30 : 10;
    options.progress("reads as fast as they go …");
    const { perSecond: saturation } = await closedLoop(reads, 16, seconds / 2);
    const cpuBefore = service.cpuSeconds();
    const halfStarted = performance.now();
    options.progress(`${Math.round(saturation / 2)} reads a second …`);
    const half = await openLoop(reads, saturation / 2, seconds);
    const cpu = (service.cpuSeconds() - cpuBefore) / ((performance.now() - halfStarted) / 1_000);
    ending.abort();
    await streaming;
    options.progress("waiting for what is on its way …");
    const result = await watchersResult(watchers, sent);

    const readP95 = quantile(half.latencies, 0.95);
    return {
      name: "live",
      ratio: readP95 / MAX_READ_MS,
      lowerIsBetter: true,
      aim: `none lost, updates ≤ ${MAX_UPDATE_MS} ms, reads' p95 < ${MAX_READ_MS} ms at half of saturation`,
      met:
        result.incomplete === 0 &&
        result.gaps === 0 &&
        result.updateMsMax <= MAX_UPDATE_MS &&
        readP95 < MAX_READ_MS,
      figures: {
        clients: CLIENTS,
        events: sent,
        clients_with_all_events: CLIENTS - result.incomplete,
        gaps: result.gaps,
        update_ms_p50: result.updateMsP50,
        update_ms_p99: result.updateMsP99,
        update_ms_max: result.updateMsMax,
        reads_per_second_saturated: saturation,
        reads_ms_p50_at_half: quantile(half.latencies, 0.5),
        reads_ms_p95_at_half: readP95,
        service_cpus_at_half: cpu,
      },
    };
  });
}

async function watchersResult(
  watchers: { ask(message: object): Promise<unknown> },
  sent: number,
): Promise<WatchersResult> {
  return (await watchers.ask({ until: sent })) as WatchersResult;
}
