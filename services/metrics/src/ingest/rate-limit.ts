import { LRUCache } from "lru-cache";

/** How many events a tenant may send. Each process counts for itself. */
export interface IngestRateLimit {
  /** Takes room for so many events. Seconds to wait where there is none now; 0 where it was taken. */
  take(tenant: string, events: number): number;
}

const MAX_TENANTS = 100_000;

/**
 * A bucket of `burst` events that is filled evenly, kept as the time at which it is full again (the generic cell rate
 * algorithm): no timer refills it, and a bucket whose time has passed is like one that never was.
 */
export function createIngestRateLimit(
  { eventsPerSecond, burst }: { readonly eventsPerSecond: number; readonly burst: number },
  now: () => number = () => performance.now(),
): IngestRateLimit {
  const fullAt = new LRUCache<string, number>({ max: MAX_TENANTS });
  const interval = 1_000 / eventsPerSecond;
  return {
    take(tenant, events) {
      const at = now();
      const next = Math.max(fullAt.get(tenant) ?? 0, at) + events * interval;
      const wait = next - at - burst * interval;
      if (wait > 0.001) {
        return Math.ceil(wait / 1_000);
      }
      fullAt.set(tenant, next);
      return 0;
    },
  };
}
