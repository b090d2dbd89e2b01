import { wait } from "@sark/observability/waiting";
import type { PgBoss } from "pg-boss";
import type { JobObserver } from "./observer.ts";

/** How many jobs of a queue are in which state. */
export interface QueueState {
  readonly queue: string;
  readonly waiting: number;
  /** They wait for their time, or to be tried again. */
  readonly deferred: number;
  readonly active: number;
  /** How long the oldest that could run has waited. */
  readonly oldestSeconds: number;
}

const REFRESH_MS = 15_000;

/** Looks at the queues now and then, so that a scrape of metrics costs no statement. */
export function createQueueStates(
  boss: Pick<PgBoss, "getQueues">,
  observer: Pick<JobObserver, "queueFailed">,
) {
  const stopping = new AbortController();
  let latest: readonly QueueState[] = [];

  async function refresh(): Promise<void> {
    const queues = await boss.getQueues();
    latest = queues.map((queue) => ({
      queue: queue.name,
      waiting: queue.readyCount,
      deferred: queue.deferredCount,
      active: queue.activeCount,
      oldestSeconds: queue.readyOldestSeconds ?? 0,
    }));
  }

  async function loop(): Promise<void> {
    while (await wait(REFRESH_MS, { signal: stopping.signal, ref: false })) {
      await refresh().catch((error: unknown) => observer.queueFailed(error));
    }
  }

  return {
    get latest() {
      return latest;
    },
    refresh,
    start: () => void loop(),
    stop: () => stopping.abort(),
    async check(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      await boss.getQueues([]);
    },
  };
}
