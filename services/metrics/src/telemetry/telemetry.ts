import type { AuditObserver } from "@sark/audit";
import { createDeliveryTelemetry, type DeliveryObserver } from "@sark/audit/delivery";
import { createLogShippingTelemetry } from "@sark/audit/log-shipping";
import { createAuditTelemetry } from "@sark/audit/telemetry";
import type { SigningKeyObserver } from "@sark/authentication";
import type { HealthObserver } from "@sark/observability/health";
import { countFaults, type Destination, type Logger, type StandardOutput } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import {
  createInstruments,
  createRequestSpans,
  type Instruments,
  type RequestSpans,
} from "@sark/observability/service";
import { logOutput } from "@sark/service-start/logs";
import type { SharedStateObserver } from "@sark/shared-state";
import type { MetricsConfig } from "../config/schema.ts";
import type { DatabaseObserver } from "../database/observer.ts";
import type { IngestObserver } from "../ingest/observer.ts";
import type { CacheObserver } from "../cache/observer.ts";
import type { LiveObserver } from "../live/ports/observer.ts";
import type { JobObserver, JobTracing } from "../jobs/observer.ts";
import type { AnomalyObserver } from "../kpis/anomalies.ts";
import type { KpiObserver } from "../kpis/observer.ts";
import type { PurgeObserver } from "../retention/purge.ts";
import type { RetentionObserver } from "../retention/retention.ts";
import type { WebhookObserver } from "../webhooks/observer.ts";
import { version } from "../version.ts";
import { createDatabaseEvents } from "./database-events.ts";
import { createGauges, type Gauges } from "./gauges.ts";
import { createHealthEvents } from "./health-events.ts";
import { createHttpEvents, type HttpEvents } from "./http-events.ts";
import { createIngestEvents } from "./ingest-events.ts";
import { createCacheEvents, createSharedStateEvents } from "./shared-events.ts";
import { createLifecycleEvents, type LifecycleEvents } from "./lifecycle-events.ts";
import { createLiveEvents } from "./live-events.ts";
import { createJobTracing } from "./job-tracing.ts";
import { createJobEvents } from "./job-events.ts";
import { createAnomalyEvents, createKpiEvents } from "./kpi-events.ts";
import { createRetentionEvents } from "./retention-events.ts";
import { createRuntimeEvents, type RuntimeEvents } from "./runtime-events.ts";
import { createTransparencyLogEvents, type TransparencyLogEvents } from "./transparency-log-events.ts";
import { createWebhookEvents } from "./webhook-events.ts";
import { catalog, type FullCatalog } from "./metric-catalog.ts";

/** Logger, recorder and tracer of the service, and the domain events that use them. */
export interface Telemetry extends Instruments<FullCatalog> {
  readonly requests: RequestSpans;
  readonly jobTracing: JobTracing;
  readonly http: HttpEvents;
  readonly database: DatabaseObserver;
  readonly ingest: IngestObserver;
  readonly live: LiveObserver;
  readonly jobs: JobObserver;
  readonly kpis: KpiObserver;
  readonly retention: RetentionObserver & PurgeObserver;
  readonly webhooks: WebhookObserver;
  readonly cache: CacheObserver;
  readonly sharedState: SharedStateObserver;
  readonly lifecycle: LifecycleEvents;
  readonly gauges: Gauges;
  readonly transparencyLog: TransparencyLogEvents;
  readonly anomalies: AnomalyObserver;
  readonly authentication: SigningKeyObserver;
  readonly audit: AuditObserver;
  readonly delivery: DeliveryObserver;
  readonly logShipping: DeliveryObserver;
  readonly runtime: RuntimeEvents;
  readonly health: HealthObserver;
}

export interface TelemetryOptions {
  readonly logFiles?: Destination | undefined;
  /** What stands for standard output. */
  readonly stdout?: Destination | StandardOutput;
}

const SERVICE = "sark-metrics";

export function createTelemetry(
  config: Pick<MetricsConfig, "environment" | "logging" | "metrics" | "tracing">,
  options: TelemetryOptions = {},
): Telemetry {
  const { level, hideEmails, sampling, stdout: isPrinted } = config.logging;
  const { sampleRatio, endpoint, maxExtraTraces, slowerThan } = config.tracing;
  const { logFiles, stdout = logOutput(config.logging) } = options;
  const instruments = createInstruments({
    service: SERVICE,
    version,
    environment: config.environment,
    catalog,
    nativeHistograms: config.metrics.nativeHistograms,
    logging: {
      level,
      hideEmails,
      sampling: sampling && {
        first: sampling.first,
        thenEach: sampling.thenEach,
        perMs: sampling.window,
      },
      // Files first: what was seen on standard output is kept.
      destination: [...(logFiles === undefined ? [] : [logFiles]), ...(isPrinted ? [stdout] : [])],
    },
    tracing: { sampleRatio, endpoint, maxLatePerSecond: maxExtraTraces },
  });
  const { recorder } = instruments;
  const logger = countFaults(instruments.logger, {
    component: SERVICE,
    count: ({ component, type, severity }) =>
      recorder.increment("metrics_errors_total", { component, type, severity }),
  });
  const parts = { recorder, logger };
  const work = { tracing: instruments.tracing, slowerThanMs: slowerThan };
  const requests = createRequestSpans(work);
  return {
    ...instruments,
    logger,
    requests,
    jobTracing: createJobTracing(work),
    http: createHttpEvents({ ...parts, requests }),
    database: createDatabaseEvents(recorder),
    ingest: createIngestEvents(parts),
    live: createLiveEvents(parts),
    jobs: createJobEvents(parts),
    kpis: createKpiEvents(parts),
    retention: createRetentionEvents(parts),
    webhooks: createWebhookEvents(parts),
    cache: createCacheEvents(recorder),
    sharedState: createSharedStateEvents(parts),
    lifecycle: createLifecycleEvents(parts),
    gauges: createGauges(recorder),
    transparencyLog: createTransparencyLogEvents(parts),
    anomalies: createAnomalyEvents(parts),
    authentication: signingKeyEvents(recorder, logger),
    audit: createAuditTelemetry(parts),
    delivery: createDeliveryTelemetry(parts),
    logShipping: createLogShippingTelemetry(parts),
    runtime: createRuntimeEvents(parts),
    health: createHealthEvents(parts),
  };
}

function signingKeyEvents(recorder: Recorder<FullCatalog>, root: Logger): SigningKeyObserver {
  const logger = root.child({ component: "authentication" });
  return {
    signingKeyFileChanged({ issuer, problem }) {
      if (problem === null) {
        logger.info({ issuer }, "the changed file of the issuer's key is in use");
      } else {
        recorder.increment("metrics_signing_keys_failures_total", {});
        logger.error({ issuer }, `the changed file of the issuer's key cannot be used: ${problem}`);
      }
    },
    signingKeysFetched: () => undefined,
    signingKeysFetchFailed({ issuer, message, usable }) {
      recorder.increment("metrics_signing_keys_failures_total", {});
      logger.error({ issuer, usable }, `the issuer's signing keys could not be fetched: ${message}`);
    },
  };
}
