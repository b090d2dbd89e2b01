import { mergeCatalogs, pushMetrics, RECORDER_CATALOG } from "@sark/observability/metrics";
import type { GatewayConfig } from "../config/schema.ts";
import { version } from "../product/version.ts";
import { catalog } from "../telemetry/metric-catalog.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Cleanup } from "@sark/service-start";

/** Pushes the metrics to a collector, where one is configured, from the start to the end. */
export function startMetricsPush(
  { metrics, environment }: Pick<GatewayConfig, "metrics" | "environment">,
  { recorder, runtime }: Pick<Telemetry, "recorder" | "runtime">,
  cleanups: Cleanup[],
): void {
  if (metrics.endpoint === undefined) {
    return;
  }
  const push = pushMetrics({
    recorder,
    catalog: mergeCatalogs(catalog, RECORDER_CATALOG),
    service: "sark-gateway",
    version,
    environment,
    endpoint: metrics.endpoint,
    intervalMs: metrics.interval,
    onPushed: runtime.metricsPushed,
  });
  cleanups.push(() => push.close());
}
