import { LRUCache } from "lru-cache";

/** Which tenants' roll-ups rest: what took long is not done again at once. */
export interface RollupPace {
  took(tenant: string, milliseconds: number): void;
  isDue(tenant: string): boolean;
}

/**
 * Roll-ups of a tenant take a hundredth of the time, at most: after one that took a second come 99 of rest. A tenant
 * with many new events, or with hours that are counted anew, has the database busy for long at a time, and others wait for it: in less than
 * one of a hundred requests. Queries count what is not rolled up.
 */
const REST_FACTOR = 99;
const MAX_TENANTS = 100_000;

export function createRollupPace(now: () => number = () => performance.now()): RollupPace {
  const restingUntil = new LRUCache<string, number>({ max: MAX_TENANTS });
  return {
    took: (tenant, milliseconds) => void restingUntil.set(tenant, now() + milliseconds * REST_FACTOR),
    isDue: (tenant) => (restingUntil.get(tenant) ?? 0) <= now(),
  };
}
