import { type Bucket, takeFrom, waitFor } from "@sark/scheduling";
import type { SharedBuckets } from "@sark/shared-state";
import { LRUCache } from "lru-cache";

/** How many events a tenant may send: to all replicas together where they share something, else to each. */
export interface IngestRateLimit {
  /** Takes room for so many events. Seconds to wait where there is none now; 0 where it was taken. */
  take(tenant: string, events: number): Promise<number>;
}

const MAX_TENANTS = 100_000;

/** @param shared `null`, or responds with `null`: this process counts for itself */
export function createIngestRateLimit(
  { eventsPerSecond, burst }: { readonly eventsPerSecond: number; readonly burst: number },
  shared: Pick<SharedBuckets, "take"> | null = null,
  now: () => number = () => performance.now(),
): IngestRateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_TENANTS });
  const rate = { requests: eventsPerSecond, periodMs: 1_000, burst };

  function takeHere(tenant: string, events: number): number {
    const at = now();
    const bucket = buckets.get(tenant) ?? { fullAt: at };
    const wait = waitFor(bucket, rate, at, events);
    if (wait > 0) {
      return Math.ceil(wait / 1_000);
    }
    takeFrom(bucket, rate, at, events);
    buckets.set(tenant, bucket);
    return 0;
  }

  return {
    async take(tenant, events) {
      const taken = (await shared?.take([{ key: `ingest:${tenant}`, rate }], events)) ?? null;
      if (taken === null) {
        return takeHere(tenant, events);
      }
      return taken.reached === null ? 0 : Math.max(1, Math.ceil(taken.retryAfterMs / 1_000));
    },
  };
}
