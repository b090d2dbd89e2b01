import { LRUCache } from "lru-cache";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { AuthorizationQuery, Decision, PolicyEngine } from "../../domain/authorization.ts";
import { isFault, type CacheableEngine } from "../decisions.ts";
import type { PolicyObserver } from "../observer.ts";
import { queryKey } from "./query-key.ts";

export interface DecisionCacheOptions {
  /** The longest that a decision is kept, in milliseconds; 0 keeps none. */
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly observer: PolicyObserver;
}

export interface DecisionCache extends PolicyEngine {
  /** Decisions kept right now. */
  size(): number;
}

interface Kept {
  readonly decision: Decision;
  /** When it was decided, on the clock of `performance.now()`. */
  readonly at: number;
}

/** Average room that one decision may take, so that filtered parameters cannot fill the memory. */
const BYTES_PER_ENTRY = 2_048;

/**
 * Decides from memory what was asked before: the same principal, action, resource and as much of the context
 * as policies see, under the same revision. Faults are never kept, and no decision longer than it allows.
 * Identical queries at one time are one evaluation.
 */
export function createDecisionCache(engine: CacheableEngine, options: DecisionCacheOptions): DecisionCache {
  const { ttlMs, maxEntries, observer } = options;
  const flights = new Map<string, Promise<Decision>>();
  const kept = new LRUCache<string, Kept>({
    max: maxEntries,
    maxSize: maxEntries * BYTES_PER_ENTRY,
    // Else it sets a timer for each millisecond in which it is asked, to remember the time by.
    ttlResolution: 0,
    sizeCalculation: ({ decision }) => sizeOf(decision),
    dispose: (_kept, _key, reason) => {
      if (reason === "evict") {
        observer.evicted();
      }
    },
  });
  observer.cacheOpened({ size: () => kept.size, maxEntries, ttlMs });
  let revision = engine.status().revision;

  /** `null` where the query cannot be written down; the engine then says what is wrong with it. */
  function keyOf(query: AuthorizationQuery): string | null {
    const current = engine.status().revision;
    if (current !== revision) {
      revision = current;
      kept.clear();
    }
    try {
      return queryKey(query, current, engine.visibleContext(query.context));
    } catch {
      return null;
    }
  }

  function fromMemory({ decision, at }: Kept, started: number): Decision {
    observer.cacheHit();
    const age = Math.ceil((started - at) / 1000);
    return { ...decision, cached: true, cacheTtlSeconds: Math.max(0, decision.cacheTtlSeconds - age) };
  }

  async function evaluate(key: string, query: AuthorizationQuery): Promise<Decision> {
    const asked = revision;
    try {
      const decision = await engine.decide(query);
      const ttl = Math.min(ttlMs, decision.cacheTtlSeconds * 1000);
      const isCurrent = engine.status().revision === asked;
      if (!isFault(decision.code) && ttl > 0 && isCurrent) {
        kept.set(key, { decision, at: performance.now() }, { ttl });
      }
      return decision;
    } finally {
      flights.delete(key);
    }
  }

  function decide(query: AuthorizationQuery): Awaitable<Decision> {
    const started = performance.now();
    const key = keyOf(query);
    const hit = key === null ? undefined : kept.get(key);
    if (hit !== undefined) {
      return fromMemory(hit, started);
    }
    const flight = key === null ? undefined : flights.get(key);
    if (flight !== undefined) {
      return flight.then((decision) => {
        if (!isFault(decision.code)) {
          return fromMemory({ decision, at: started }, started);
        }
        observer.cacheMiss();
        return decision;
      });
    }
    observer.cacheMiss();
    if (key === null) {
      return engine.decide(query);
    }
    const evaluation = evaluate(key, query);
    flights.set(key, evaluation);
    return evaluation;
  }

  return {
    name: engine.name,
    decide: ttlMs === 0 ? (query) => engine.decide(query) : decide,
    status: () => engine.status(),
    check: (signal) => engine.check(signal),
    size: () => kept.size,
    async close() {
      kept.clear();
      await engine.close();
    },
  };
}

function sizeOf({ reason, policies, filteredParameters }: Decision): number {
  const filtered = filteredParameters === null ? 0 : JSON.stringify(filteredParameters).length;
  return 500 + 2 * (reason.length + policies.join().length + filtered);
}
