import { exchange, type Exchanged } from "./exchange.ts";
import { pause, retryWait } from "./pause.ts";
import { byteLength, createEventQueue, type QueuedEvent } from "./queue.ts";
import type { ClosedSender, MetricsSender, MetricsSenderOptions, SentEvent } from "./types.ts";

const DEFAULTS = {
  maxBatch: 1_000,
  maxBatchBytes: 1_048_576,
  maxQueue: 50_000,
  flushIntervalMs: 1_000,
  timeoutMs: 30_000,
  retryBaseMs: 500,
  retryMaxMs: 30_000,
};
const CLOSE_MS = 10_000;

/**
 * A sender of events to the metrics service. One request is under way at a time, with the oldest events; what fails is sent again with the
 * same idempotency key until the service has it, so that each event counts once. Memory is bounded by `maxQueue`: what comes beyond
 * that is dropped and counted, and what is there is kept. While events wait a process does not end by itself: call `close`.
 */
export function createMetricsSender(options: MetricsSenderOptions): MetricsSender {
  const settings = { ...DEFAULTS, ...options };
  const url = new URL("/v1/batches", options.url).href;
  const queue = createEventQueue();
  const counts = { accepted: 0, duplicates: 0, refused: 0, dropped: 0, retries: 0 };
  const ending = new AbortController();
  let isClosed = false;
  /** Ends the wait for more events. */
  let hurry = new AbortController();
  let isSending = false;
  /** Events that have been taken, and those of them that are settled, whatever became of them. */
  let taken = 0;
  let settled = 0;
  let flushes: { readonly until: number; done(): void }[] = [];

  function settle(count: number): void {
    queue.drop(count);
    settled += count;
    flushes = flushes.filter(({ until, done }) => {
      if (settled >= until) {
        done();
      }
      return settled < until;
    });
  }

  function refuse(
    { event }: QueuedEvent,
    index: number,
    code: string,
    message: string,
    field: string | null = null,
  ) {
    counts.refused += 1;
    options.onRefused?.({ event, index, code, field, message });
  }

  /** Until it is settled, or the sender ends. */
  async function sendBatch(events: readonly QueuedEvent[]): Promise<void> {
    let idempotencyKey = crypto.randomUUID();
    for (let failures = 1; !ending.signal.aborted; failures += 1) {
      const result = await exchange({
        fetch: options.fetch ?? fetch,
        url,
        apiKey: typeof options.apiKey === "function" ? options.apiKey() : options.apiKey,
        idempotencyKey,
        events,
        signal: AbortSignal.any([ending.signal, AbortSignal.timeout(settings.timeoutMs)]),
      });
      // What was given back as unsent is settled.
      if (ending.signal.aborted) {
        return;
      }
      if (result.kind !== "failed") {
        await finish(result, events);
        return;
      }
      counts.retries += 1;
      const wait = Math.max(
        result.retryAfterMs,
        retryWait(failures, settings.retryBaseMs, settings.retryMaxMs),
      );
      options.onRetry?.(result.reason, wait);
      if (result.keyIsUsed) {
        // Events have ids of their own: with another key they still count once.
        idempotencyKey = crypto.randomUUID();
      }
      await pause(wait, ending.signal);
    }
  }

  async function finish(
    result: Exclude<Exchanged, { kind: "failed" }>,
    events: readonly QueuedEvent[],
  ): Promise<void> {
    const [only, ...more] = events;
    if (result.kind === "taken") {
      counts.accepted += result.accepted;
      counts.duplicates += result.duplicates;
      for (const { index, code, message, field } of result.refused) {
        const event = events[index];
        if (event !== undefined) {
          refuse(event, index, code, message, field);
        }
      }
      settle(events.length);
    } else if (result.kind === "too_large" && more.length > 0) {
      const half = Math.ceil(events.length / 2);
      await sendBatch(events.slice(0, half));
      await sendBatch(events.slice(half));
    } else if (result.kind === "too_large") {
      if (only !== undefined) {
        refuse(only, 0, "payload_too_large", "The service takes no request of this size.");
      }
      settle(events.length);
    } else {
      events.forEach((event, index) => refuse(event, index, result.code, result.message));
      settle(events.length);
    }
  }

  async function sendAll(): Promise<void> {
    isSending = true;
    while (queue.length > 0 && !ending.signal.aborted) {
      if (queue.length < settings.maxBatch && flushes.length === 0 && !isClosed) {
        await pause(settings.flushIntervalMs, hurry.signal);
        hurry = new AbortController();
      }
      await sendBatch(queue.batch(settings.maxBatch, settings.maxBatchBytes));
    }
    isSending = false;
  }

  function take(event: SentEvent): boolean {
    const line = `${JSON.stringify(event)}\n`;
    if (isClosed || queue.length >= settings.maxQueue) {
      counts.dropped += 1;
      return false;
    }
    const queued = { event, line };
    if (byteLength(line) > settings.maxBatchBytes) {
      refuse(queued, -1, "payload_too_large", `The event is larger than ${settings.maxBatchBytes} bytes.`);
      return true;
    }
    queue.push(queued);
    taken += 1;
    if (queue.length >= settings.maxBatch) {
      hurry.abort();
    }
    if (!isSending) {
      void sendAll();
    }
    return true;
  }

  function flush(): Promise<void> {
    if (settled >= taken) {
      return Promise.resolve();
    }
    const done = new Promise<void>((resolve) => flushes.push({ until: taken, done: resolve }));
    hurry.abort();
    return done;
  }

  const complete = <E extends { readonly id?: string; readonly occurred_at?: string }>(event: E) => ({
    ...event,
    id: event.id ?? crypto.randomUUID(),
    occurred_at: event.occurred_at ?? new Date().toISOString(),
  });

  return {
    activity: (event) => take({ kind: "activity", ...complete(event) }),
    score: (event) => take({ kind: "score", ...complete(event) }),
    flush,
    async close(timeoutMs = CLOSE_MS): Promise<ClosedSender> {
      isClosed = true;
      await Promise.race([flush(), pause(timeoutMs, ending.signal)]);
      ending.abort();
      hurry.abort();
      const unsent = queue.all().map(({ event }) => event);
      counts.dropped += unsent.length;
      settle(unsent.length);
      return { unsent };
    },
    stats: () => ({ ...counts, waiting: queue.length }),
  };
}
