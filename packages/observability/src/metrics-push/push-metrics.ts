import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Catalog } from "../metrics/catalog.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import { failureOf, postOtlp } from "../otlp/post-otlp.ts";
import { readSuccess } from "../otlp/read-success.ts";
import { within } from "../waiting/within.ts";
import { encodeMetrics } from "./encode-metrics.ts";

/** Where metrics go by themselves, and how often. */
export interface MetricsPushOptions<C extends Catalog> {
  readonly recorder: Pick<Recorder<C>, "series">;
  readonly catalog: C;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  /** OTLP/HTTP URL of the collector, e.g. `http://127.0.0.1:4318/v1/metrics`. */
  readonly endpoint: string;
  /** From one request to the next, in milliseconds. */
  readonly intervalMs: number;
  /** Told how each request ended: `null`, or what was wrong. Nothing is lost by a failure: the next one has the totals. */
  onPushed?(problem: string | null): void;
}

/** Metrics on their way to a collector. */
export interface MetricsPush {
  /** Sends them now, unless they are being sent. Never rejects. */
  push(): Promise<void>;
  /** Sends them once more and stops, after `graceMs` (default 3000) at the latest. Never rejects. */
  close(graceMs?: number): Promise<void>;
}

const MAX_REQUEST_MS = 10_000;
const compress = promisify(gzip);

/**
 * Pushes all metrics as OTLP. One request at a time and no queue: what one does not deliver, the next one says again,
 * so that a collector that is away costs neither memory nor time.
 */
export function pushMetrics<C extends Catalog>(options: MetricsPushOptions<C>): MetricsPush {
  const { recorder, catalog, endpoint, intervalMs, onPushed = () => {} } = options;
  const startTime = nanoseconds();
  const source = {
    resource: {
      "service.name": options.service,
      "service.version": options.version,
      "deployment.environment.name": options.environment,
      // Replicas and workers count for themselves.
      "service.instance.id": randomUUID(),
    },
    scope: { name: options.service, version: options.version },
    startTime,
  };
  const stopped = new AbortController();
  let running: Promise<void> | undefined;

  async function send(): Promise<void> {
    const text = encodeMetrics(catalog, await recorder.series(), { ...source, time: nanoseconds() });
    const response = await postOtlp({
      endpoint,
      headers: { "content-encoding": "gzip" },
      body: await compress(text),
      timeoutMs: Math.min(intervalMs, MAX_REQUEST_MS),
      signal: stopped.signal,
    });
    if (response.status < 200 || response.status >= 300) {
      throw new Error(`the collector responded with ${response.status}`);
    }
    const success = readSuccess(response, "rejectedDataPoints", Infinity);
    if (success === null) {
      throw new Error(`the collector responded with ${response.status} and what is not OTLP`);
    }
    if (success.rejected > 0) {
      throw new Error(`the collector refused ${success.rejected} data points`);
    }
  }

  function push(): Promise<void> {
    running ??= send()
      .then(
        () => onPushed(null),
        (error: unknown) => onPushed(failureOf(error)),
      )
      .finally(() => (running = undefined));
    return running;
  }

  const timer = setInterval(() => void push(), intervalMs).unref();
  return {
    push,
    async close(graceMs = 3_000) {
      clearInterval(timer);
      await within(graceMs, (running ?? Promise.resolve()).then(push), undefined);
      stopped.abort();
      await running;
    },
  };
}

function nanoseconds(): string {
  return `${BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n}`;
}
