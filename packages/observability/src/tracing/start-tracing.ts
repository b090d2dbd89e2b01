import { context, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import {
  ATTR_DEPLOYMENT_ENVIRONMENT_NAME,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from "@opentelemetry/semantic-conventions";
import { within } from "../waiting/within.ts";
import type { OnDropped } from "./export/drop-reasons.ts";
import { createSpanExporter } from "./export/span-exporter.ts";
import { createSpanQueue } from "./export/span-queue.ts";
import { createLateSpans, type LateSpans } from "./late-spans.ts";
import { sampleFirst } from "./sample-first.ts";

/** What a tracer says of its service, how many traces it records, and where it sends them. */
export interface TracingOptions {
  readonly service: string;
  readonly version: string;
  /** `deployment.environment.name` of every span. */
  readonly environment: string;
  /** Share of new traces that are recorded, 0 to 1; a caller's own decision is followed. Default 0.01. */
  readonly sampleRatio?: number;
  /** OTLP/HTTP URL of the collector, e.g. `http://127.0.0.1:4318/v1/traces`. Without it nothing leaves the process. */
  readonly endpoint?: string | undefined;
  /** Traces that `late` records in a second, at most. Default 20; 0: none. */
  readonly maxLatePerSecond?: number;
  /** Told of spans that will never arrive: the queue was full, or the collector did not take them. */
  readonly onDropped?: OnDropped;
  /** Told what the collector remarks on spans that it took. */
  onWarning?(message: string): void;
}

/** A tracer with the way of its spans to the collector. */
export interface Tracing {
  readonly tracer: Tracer;
  /** For traces that were not sampled and turn out to be worth it; `null` where nothing leaves the process. */
  readonly late: LateSpans | null;
  /** Sends what is finished, up to now. Rejects when the collector does not take it. */
  flush(): Promise<void>;
  /** Sends what is finished and stops, after `graceMs` (default 3000) at the latest. Never rejects. */
  shutdown(graceMs?: number): Promise<void>;
}

/** Starts a tracer of its own; several may run in one process. */
export function startTracing(options: TracingOptions): Tracing {
  const { service, version, environment, sampleRatio = 0.01, endpoint, onDropped = () => {} } = options;
  const { maxLatePerSecond = 20, onWarning = () => {} } = options;
  if (!(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new RangeError(`sampleRatio ${sampleRatio}: give a share between 0 and 1`);
  }
  ensureContextManager();
  const resource = resourceFromAttributes({
    [ATTR_SERVICE_NAME]: service,
    [ATTR_SERVICE_VERSION]: version,
    [ATTR_DEPLOYMENT_ENVIRONMENT_NAME]: environment,
  });
  const processor =
    endpoint === undefined
      ? null
      : createSpanQueue(createSpanExporter({ endpoint, onDropped, onWarning }), onDropped);
  const provider = new TracerProvider({
    resource,
    // Asked only for what is sampled.
    sampler: new AlwaysOnSampler(),
    // A span is no place for payloads: one long attribute must not grow the queue.
    spanLimits: { attributeValueLengthLimit: 4096 },
    spanProcessors: processor === null ? [] : [processor],
  });
  return {
    tracer: sampleFirst(provider.getTracer(service, version), sampleRatio),
    late:
      processor === null || maxLatePerSecond === 0
        ? null
        : createLateSpans({
            resource,
            processor,
            scope: { name: service, version },
            maxPerSecond: maxLatePerSecond,
          }),
    flush: async () => processor?.forceFlush(),
    async shutdown(graceMs = 3000) {
      const sent = processor?.forceFlush().catch(() => {});
      await within(graceMs, sent ?? Promise.resolve(), undefined);
      await provider.shutdown();
    },
  };
}

/** The active span is kept by one manager per process: the one that was set first. */
function ensureContextManager(): void {
  const probe = context.active().setValue(PROBE, true);
  const present = context.with(probe, () => context.active() === probe);
  if (!present) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }
}
const PROBE = Symbol("context manager probe");
