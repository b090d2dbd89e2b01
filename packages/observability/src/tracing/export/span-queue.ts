import { AsyncLocalStorage } from "node:async_hooks";
import { context, ROOT_CONTEXT, TraceFlags } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { OnDropped } from "./drop-reasons.ts";
import { redactSpan } from "./redact-span.ts";
import type { ExportSpans } from "./span-exporter.ts";

/** As many finished spans wait for the exporter; in addition to those that are being sent. */
const MAX_WAITING = 2_048;
/** So many go at once; fewer after `DELAY_MS`. */
const MAX_BATCH = 512;
const DELAY_MS = 5_000;

/** Finished spans on their way to the exporter. */
export interface SpanQueue extends SpanProcessor {
  /** Sends what is finished, up to now. Rejects with the last thing that was wrong. */
  forceFlush(): Promise<void>;
  /** Ends what is being sent. What has not arrived is dropped, and so is what is finished later. */
  shutdown(): Promise<void>;
}

interface Flush {
  /** Number of the last span that it waits for. */
  readonly upTo: number;
  problem: string | null;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The SDK's batch processor with other promises: one request at a time, so that a receiver that hangs holds up one
 * batch and no more; each span that will not arrive is told of, once.
 */
export function createSpanQueue(send: ExportSpans, onDropped: OnDropped): SpanQueue {
  // The first span that fills a batch begins sending it: what is logged then belongs to no call.
  const outside = AsyncLocalStorage.snapshot();
  const ending = new AbortController();
  let waiting: ReadableSpan[] = [];
  let accepted = 0;
  let settled = 0;
  let flushes: Flush[] = [];
  let isDue = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  function start(): void {
    running ??= outside(() => context.with(suppressTracing(ROOT_CONTEXT), sendBatches)).finally(() => {
      running = null;
      schedule();
    });
  }

  async function sendBatches(): Promise<void> {
    while (waiting.length >= MAX_BATCH || ((isDue || flushes.length > 0) && waiting.length > 0)) {
      const batch = waiting.splice(0, MAX_BATCH);
      isDue &&= waiting.length > 0;
      settle(batch.length, await send(batch, ending.signal));
    }
    isDue = false;
  }

  function settle(spans: number, problem: string | null): void {
    settled += spans;
    flushes = flushes.filter((flush) => {
      flush.problem = problem ?? flush.problem;
      if (settled < flush.upTo) {
        return true;
      }
      if (flush.problem === null) {
        flush.done.resolve();
      } else {
        flush.done.reject(new Error(flush.problem));
      }
      return false;
    });
  }

  function schedule(): void {
    if (waiting.length === 0 || running !== null) {
      return;
    }
    if (waiting.length >= MAX_BATCH || flushes.length > 0) {
      start();
    } else if (timer === null) {
      timer = setTimeout(() => {
        timer = null;
        isDue = true;
        start();
      }, DELAY_MS).unref();
    }
  }

  return {
    onStart: () => undefined,
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) {
        return;
      }
      if (ending.signal.aborted) {
        return onDropped(1, "shutdown");
      }
      if (waiting.length >= MAX_WAITING) {
        return onDropped(1, "queue_full");
      }
      redactSpan(span);
      accepted += 1;
      waiting.push(span);
      schedule();
    },
    forceFlush() {
      if (settled === accepted) {
        return Promise.resolve();
      }
      const flush: Flush = { upTo: accepted, problem: null, done: Promise.withResolvers<void>() };
      flushes.push(flush);
      schedule();
      return flush.done.promise;
    },
    async shutdown() {
      if (ending.signal.aborted) {
        return;
      }
      clearTimeout(timer ?? undefined);
      const left = waiting;
      waiting = [];
      ending.abort();
      await running;
      if (left.length > 0) {
        onDropped(left.length, "shutdown");
        settle(left.length, "ended");
      }
    },
  };
}
