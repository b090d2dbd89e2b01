import { type Bucket, takeFrom, waitFor } from "@sark/scheduling";
import { LRUCache } from "lru-cache";

/** How many events a tenant may send. Each process counts for itself. */
export interface IngestRateLimit {
  /** Takes room for so many events. Seconds to wait where there is none now; 0 where it was taken. */
  take(tenant: string, events: number): number;
}

const MAX_TENANTS = 100_000;

export function createIngestRateLimit(
  { eventsPerSecond, burst }: { readonly eventsPerSecond: number; readonly burst: number },
  now: () => number = () => performance.now(),
): IngestRateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_TENANTS });
  const rate = { requests: eventsPerSecond, periodMs: 1_000, burst };
  return {
    take(tenant, events) {
      const at = now();
      const bucket = buckets.get(tenant) ?? { fullAt: at };
      const wait = waitFor(bucket, rate, at, events);
      if (wait > 0) {
        return Math.ceil(wait / 1_000);
      }
      takeFrom(bucket, rate, at, events);
      buckets.set(tenant, bucket);
      return 0;
    },
  };
}
