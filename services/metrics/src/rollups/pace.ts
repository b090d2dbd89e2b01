import { LRUCache } from "lru-cache";

/** Which tenants' roll-ups rest: what took long is not done again at once. */
export interface RollupPace {
  took(tenant: string, milliseconds: number): void;
  isDue(tenant: string): boolean;
}

/** Roll-ups of a tenant take a tenth of the time, at most: after one that took a second come nine of rest. */
const REST_FACTOR = 9;
const MAX_TENANTS = 100_000;

export function createRollupPace(now: () => number = () => performance.now()): RollupPace {
  const restingUntil = new LRUCache<string, number>({ max: MAX_TENANTS });
  return {
    took: (tenant, milliseconds) => void restingUntil.set(tenant, now() + milliseconds * REST_FACTOR),
    isDue: (tenant) => (restingUntil.get(tenant) ?? 0) <= now(),
  };
}
