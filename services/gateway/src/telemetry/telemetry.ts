import type { Destination, Logger, StandardOutput } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import {
  createInstruments,
  type Instruments,
  type LevelSignalObserver,
  type LogLevelObserver,
} from "@sark/observability/service";
import type { Tracing } from "@sark/observability/tracing";
import { logOutput } from "@sark/service-start/logs";
import { combineObservers, type AuditObserver } from "@sark/audit";
import { createDeliveryTelemetry, type DeliveryObserver } from "@sark/audit/delivery";
import { createLogShippingTelemetry } from "@sark/audit/log-shipping";
import { createAuditTelemetry } from "@sark/audit/telemetry";
import type { AuthenticationObserver } from "../authentication/contract/observer.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { DrainObserver } from "../draining/drain-control.ts";
import type { McpObserver } from "../mcp/contract/observer.ts";
import type { UpstreamObserver } from "../upstreams/contract/observer.ts";
import { createAuthenticationEvents } from "./authentication-events.ts";
import { createCallEvents, type CallEvents } from "./call-events.ts";
import { createCallTracing, type CallTracing } from "./traces/call-tracing.ts";
import { createRequestTracing, type RequestTracing } from "./traces/request-tracing.ts";
import { createExtraTraces } from "./traces/extra-traces.ts";
import { countFaults } from "./count-faults.ts";
import { createDrainEvents } from "./drain-events.ts";
import { createHttpEvents, type HttpEvents } from "./http-events.ts";
import { createLifecycleEvents, type LifecycleEvents } from "./lifecycle-events.ts";
import { createMcpEvents } from "./mcp-events.ts";
import { catalog } from "./metric-catalog.ts";
import { createGatewayMetrics, type GatewayMetrics } from "./metrics.ts";
import type { PolicyObserver } from "../policy/observer.ts";
import { createPolicyEvents } from "./policy-events.ts";
import { createRuntimeEvents, type RuntimeEvents } from "./runtime-events.ts";
import { createTransparencyLogEvents, type TransparencyLogEvents } from "./transparency-log-events.ts";
import { createQuotaEvents, type QuotaTelemetry } from "./quota-events.ts";
import { createRateLimitEvents, type RateLimitTelemetry } from "./rate-limit-events.ts";
import type { SharedStateObserver } from "@sark/shared-state";
import { createSharedStateEvents } from "./shared-state-events.ts";
import type { ReplicaObserver } from "../replicas/contract/observer.ts";
import { createReplicaEvents } from "./replica-events.ts";
import { createSessionEvents, type SessionTelemetry } from "./session-events.ts";
import { createUpstreamEvents } from "./upstream-events.ts";
import { version } from "../product/version.ts";

/** Logger, recorder and tracer of one gateway, and the domain events that use them. */
export interface Telemetry {
  readonly logger: Logger;
  readonly recorder: Recorder<typeof catalog>;
  readonly tracing: Tracing;
  readonly lifecycle: LifecycleEvents;
  readonly metrics: GatewayMetrics;
  readonly calls: CallEvents;
  readonly callTracing: CallTracing;
  readonly requestTracing: RequestTracing;
  readonly http: HttpEvents;
  readonly mcp: McpObserver;
  readonly rateLimits: RateLimitTelemetry;
  readonly quotas: QuotaTelemetry;
  readonly drain: DrainObserver;
  readonly sessions: SessionTelemetry;
  readonly runtime: RuntimeEvents;
  readonly stalled: Instruments<typeof catalog>["stalled"];
  readonly logLevels: LogLevelObserver & LevelSignalObserver;
  readonly sharedState: SharedStateObserver;
  readonly replicas: ReplicaObserver;
  readonly upstream: UpstreamObserver;
  readonly policy: PolicyObserver;
  readonly authentication: AuthenticationObserver;
  readonly audit: AuditObserver;
  readonly transparencyLog: TransparencyLogEvents;
  readonly delivery: DeliveryObserver;
  readonly watchLogFiles: Instruments<typeof catalog>["watchLogFiles"];
  readonly logShipping: DeliveryObserver;
}

export interface TelemetryOptions {
  /** Number of this process among several; its series have it as a label. */
  readonly worker?: number | null;
  readonly logFiles?: Destination | undefined;
  /** What stands for standard output. */
  readonly stdout?: Destination | StandardOutput;
  /** Whether standard output ends at a terminal, though this process writes to a pipe. */
  readonly terminal?: boolean;
}

export function createTelemetry(
  config: Pick<GatewayConfig, "environment" | "logging" | "metrics" | "tracing">,
  options: TelemetryOptions = {},
): Telemetry {
  const { worker = null, logFiles, terminal = false, stdout = logOutput(config.logging, terminal) } = options;
  const { environment } = config;
  const { sampling } = config.logging;
  const {
    logger: uncounted,
    recorder,
    tracing,
    ...instruments
  } = createInstruments({
    service: "sark-gateway",
    environment,
    version,
    catalog,
    labels: worker === null ? {} : { worker: String(worker) },
    nativeHistograms: config.metrics.nativeHistograms,
    logging: {
      level: config.logging.level,
      hideEmails: config.logging.hideEmails,
      sampling: sampling && {
        first: sampling.first,
        thenEach: sampling.thenEach,
        perMs: sampling.window,
      },
      // Files first: what was seen on standard output is kept.
      destination: [
        ...(logFiles === undefined ? [] : [logFiles]),
        ...(config.logging.stdout ? [stdout] : []),
      ],
    },
    tracing: {
      sampleRatio: config.tracing.sampleRatio,
      endpoint: config.tracing.endpoint,
      maxLatePerSecond: config.tracing.maxExtraTraces,
    },
  });
  const logger = countFaults(uncounted, recorder);
  const metrics = createGatewayMetrics(recorder);
  const parts = { recorder, metrics, logger };
  const extraTraces =
    tracing.late &&
    createExtraTraces({
      late: tracing.late,
      slowerThanSeconds: config.tracing.slowerThan / 1_000,
      considered: (reason, recorded) =>
        recorder.increment("sark_gateway_extra_traces_total", {
          reason,
          recorded: recorded ? "yes" : "no",
        }),
    });
  const requestTracing = createRequestTracing(tracing.tracer, extraTraces);
  return {
    logger,
    recorder,
    tracing,
    metrics,
    lifecycle: createLifecycleEvents({ logger, worker }),
    calls: createCallEvents(parts),
    callTracing: createCallTracing(tracing.tracer, extraTraces),
    requestTracing,
    http: createHttpEvents({ ...parts, tracing: requestTracing }),
    mcp: createMcpEvents(parts),
    rateLimits: createRateLimitEvents(parts),
    quotas: createQuotaEvents(parts),
    drain: createDrainEvents({ recorder, logger }),
    sessions: createSessionEvents({ recorder, logger }),
    runtime: createRuntimeEvents({ recorder, logger }),
    stalled: instruments.stalled,
    logLevels: instruments.logLevels,
    sharedState: createSharedStateEvents(parts),
    replicas: createReplicaEvents({ recorder, logger }),
    upstream: createUpstreamEvents(parts),
    policy: createPolicyEvents(parts),
    authentication: createAuthenticationEvents(parts),
    transparencyLog: createTransparencyLogEvents({ recorder, logger }),
    delivery: createDeliveryTelemetry({ recorder, logger }),
    watchLogFiles: instruments.watchLogFiles,
    logShipping: createLogShippingTelemetry({ recorder, logger }),
    audit: combineObservers(createAuditTelemetry({ recorder, logger, logFailures: false }), {
      recorded(events) {
        for (const { event } of events) {
          metrics.recordAuditEvent(event.record.event_type, event.record.decision);
        }
      },
    }),
  };
}
