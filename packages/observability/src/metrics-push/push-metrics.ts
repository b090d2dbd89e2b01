import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Catalog } from "../metrics/catalog.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
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
/** Of a response no more is looked at. */
const MAX_RESPONSE_BYTES = 64 * 1024;
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
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: await compress(text),
      redirect: "error",
      signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(Math.min(intervalMs, MAX_REQUEST_MS))]),
    });
    const body = await readStart(response);
    if (!response.ok) {
      throw new Error(`the collector responded with ${response.status}`);
    }
    const rejected = rejectedIn(body);
    if (rejected > 0) {
      throw new Error(`the collector refused ${rejected} data points`);
    }
  }

  function push(): Promise<void> {
    running ??= send()
      .then(
        () => onPushed(null),
        (error: unknown) => onPushed(reasonOf(error)),
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

/** `fetch` itself only says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}

async function readStart(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_RESPONSE_BYTES) {
      break;
    }
  }
  return text;
}

/** A collector that takes all may say so with any body. */
function rejectedIn(body: string): number {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: { rejectedDataPoints?: unknown } };
    return Number(partialSuccess?.rejectedDataPoints ?? 0);
  } catch {
    return 0;
  }
}

function nanoseconds(): string {
  return `${BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n}`;
}
