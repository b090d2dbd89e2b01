import { Pool } from "undici";

/** One request, repeated. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Throws when an answer is not the one that was expected: an error answered quickly is no throughput. */
  readonly check: (status: number, body: string) => void;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds per request; of an open loop from the moment that the request was due. */
  readonly latencies: readonly number[];
}

async function send(pool: Pool, target: Target, path: string): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: "POST",
    path,
    headers: target.headers,
    body: target.body,
  });
  target.check(statusCode, await body.text());
}

/** As fast as `connections` callers can that each wait for their answer. */
export async function closedLoop(target: Target, connections: number, seconds: number): Promise<LoadResult> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const sent = performance.now();
        await send(pool, target, pathname);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1_000;
  await pool.close();
  return { perSecond: latencies.length / elapsed, latencies };
}

/** `rate` requests a second whether or not earlier ones were answered, so that queueing shows in the latencies. */
export async function openLoop(target: Target, rate: number, seconds: number): Promise<LoadResult> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections: 128, pipelining: 1 });
  const latencies: number[] = [];
  const total = Math.floor(rate * seconds);
  const started = performance.now();
  const running: Promise<void>[] = [];
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate));
    for (; sent < due; sent += 1) {
      const dueAt = started + (sent / rate) * 1_000;
      running.push(
        send(pool, target, pathname).then(() => {
          latencies.push(performance.now() - dueAt);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
  const elapsed = (performance.now() - started) / 1_000;
  await pool.close();
  return { perSecond: latencies.length / elapsed, latencies };
}
