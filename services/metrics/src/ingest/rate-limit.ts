import { type Bucket, takeFrom, waitFor } from "@sark/scheduling";
import { wait } from "@sark/observability/waiting";
import type { SharedBuckets } from "@sark/shared-state";
import { LRUCache } from "lru-cache";

/** How many events a tenant may send: to all replicas together where they share something, else to each. */
export interface IngestRateLimit {
  /** Takes room for so many events. Seconds to wait where there is none now, said late; 0 where it was taken. */
  take(tenant: string, events: number): Promise<number>;
  /**
   * Before a batch is read: seconds to wait where the tenant was refused a moment ago, said late; else 0. To read what will be refused
   * takes the thread from other tenants as much as to read what is taken.
   */
  beforeReading(tenant: string): Promise<number>;
}

const MAX_TENANTS = 100_000;
/**
 * A refusal is said as late as this, at most, and as long no batch of the tenant is read: who sends again at once, whatever it is told, sends
 * no more than its connections in a second, and has one batch read.
 */
const REFUSED_MS = 1_000;

/** Tells the other replicas that a tenant was refused, and hears it from them. Never throws, and never waits. */
export interface Refusals {
  tell(tenant: string): void;
  onTold(listener: (tenant: string) => void): void;
}

/**
 * @param shared `null`, or responds with `null`: this process counts for itself
 * @param refusals `null`: no other replica hears of them, and a tenant has one batch read in a second at each
 */
export function createIngestRateLimit(
  { eventsPerSecond, burst }: { readonly eventsPerSecond: number; readonly burst: number },
  shared: Pick<SharedBuckets, "take"> | null = null,
  refusals: Refusals | null = null,
  now: () => number = () => performance.now(),
  pause: (ms: number) => Promise<unknown> = wait,
): IngestRateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_TENANTS });
  /** Until when batches are not read. */
  const closed = new LRUCache<string, number>({ max: MAX_TENANTS });
  const rate = { requests: eventsPerSecond, periodMs: 1_000, burst };

  function takeHere(tenant: string, events: number): number {
    const at = now();
    const bucket = buckets.get(tenant) ?? { fullAt: at };
    const waitMs = waitFor(bucket, rate, at, events);
    if (waitMs > 0) {
      return Math.ceil(waitMs / 1_000);
    }
    takeFrom(bucket, rate, at, events);
    buckets.set(tenant, bucket);
    return 0;
  }

  async function takeAnywhere(tenant: string, events: number): Promise<number> {
    const taken = (await shared?.take([{ key: `ingest:${tenant}`, rate }], events)) ?? null;
    if (taken === null) {
      return takeHere(tenant, events);
    }
    return taken.reached === null ? 0 : Math.max(1, Math.ceil(taken.retryAfterMs / 1_000));
  }

  refusals?.onTold((tenant) => void closed.set(tenant, now() + REFUSED_MS));
  return {
    async take(tenant, events) {
      const seconds = await takeAnywhere(tenant, events);
      if (seconds > 0) {
        closed.set(tenant, now() + REFUSED_MS);
        refusals?.tell(tenant);
        await pause(REFUSED_MS);
      }
      return seconds;
    },
    async beforeReading(tenant) {
      const left = (closed.get(tenant) ?? 0) - now();
      if (left <= 0) {
        return 0;
      }
      await pause(REFUSED_MS);
      return 1;
    },
  };
}
