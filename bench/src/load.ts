import { wait } from "@sark/observability/waiting";
import { openCaller, type Caller } from "./caller.ts";

/** One request, repeated. */
export interface Target {
  readonly url: string;
  /** Default: POST. */
  readonly method?: "GET" | "POST";
  /** Of the caller with this number, from 0. */
  headers(caller: number): Readonly<Record<string, string>>;
  readonly body: string;
  /** Throws when a response is not the one that was expected: an error that comes quickly is no throughput. */
  check(status: number, body: string): void;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds per request; of an open loop from the moment that the request was due. */
  readonly latencies: readonly number[];
}

/** As fast as `connections` callers can that each wait for their response. */
export function closedLoop(target: Target, connections: number, seconds: number): Promise<LoadResult> {
  return withCallers(target, connections, async (callers) => {
    const latencies: number[] = [];
    const started = performance.now();
    const until = started + seconds * 1_000;
    await Promise.all(
      callers.map(async (caller) => {
        for (let sent = performance.now(); sent < until;) {
          const { status, body } = await caller.send();
          target.check(status, body);
          const responded = performance.now();
          latencies.push(responded - sent);
          sent = responded;
        }
      }),
    );
    return { perSecond: latencies.length / ((performance.now() - started) / 1_000), latencies };
  });
}

/**
 * `rate` requests a second whether or not earlier ones have their response, so that queueing shows in the latencies; as many as
 * `connections` under way, the others wait for one of these.
 */
export function openLoop(
  target: Target,
  rate: number,
  seconds: number,
  connections = 128,
): Promise<LoadResult> {
  return withCallers(target, connections, async (callers) => {
    const idle = [...callers];
    const due: number[] = [];
    const latencies: number[] = [];
    const running = new Set<Promise<void>>();
    const total = Math.floor(rate * seconds);
    const started = performance.now();

    async function work(caller: Caller): Promise<void> {
      for (let dueAt = due.shift(); dueAt !== undefined; dueAt = due.shift()) {
        const { status, body } = await caller.send();
        target.check(status, body);
        latencies.push(performance.now() - dueAt);
      }
      idle.push(caller);
    }

    for (let planned = 0; planned < total;) {
      // The first is due at once.
      const until = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate) + 1);
      for (; planned < until; planned += 1) {
        due.push(started + (planned / rate) * 1_000);
      }
      while (due.length > 0 && idle.length > 0) {
        const caller = idle.pop();
        if (caller === undefined) {
          break;
        }
        const round = work(caller).finally(() => running.delete(round));
        running.add(round);
      }
      await wait(1);
    }
    await Promise.all(running);
    return { perSecond: latencies.length / ((performance.now() - started) / 1_000), latencies };
  });
}

async function withCallers(
  target: Target,
  count: number,
  run: (callers: readonly Caller[]) => Promise<LoadResult>,
): Promise<LoadResult> {
  const { url, method = "POST", body } = target;
  const callers = await Promise.all(
    Array.from({ length: count }, (_, caller) =>
      openCaller({ url, method, body, headers: target.headers(caller) }),
    ),
  );
  try {
    return await run(callers);
  } finally {
    for (const caller of callers) {
      caller.close();
    }
  }
}
