import { defineScript, type SharedState } from "@sark/shared-state";
import { LRUCache } from "lru-cache";
import type { CacheObserver } from "./observer.ts";

/** Readings of tenants that are good until the tenant changes, or some seconds have passed. */
export interface TenantCache {
  /** What `load` gave earlier, of JSON alone, or gives now. Those that ask at once wait for one `load`. */
  get<T>(tenant: string, key: string, load: () => Promise<T>): Promise<T>;
  /** What was read of the tenant until now is not given any more: here at once, at other replicas as soon as they hear of it. */
  invalidate(tenant: string): void;
  /** Tenants of which something is kept. */
  readonly tenants: number;
}

const MAX_TENANTS = 5_000;
const CHANNEL = "cache";

/** The generation of a tenant, and what was put under it. */
const GET = defineScript(`
local generation = redis.call('GET', KEYS[1]) or '0'
return { generation, redis.call('GET', KEYS[2] .. ':' .. generation) or '' }
`);
/** Only where the tenant has not changed since it was read. */
const PUT = defineScript(`
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2] .. ':' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
return 1
`);
/** A generation outlives what was put under it. */
const INVALIDATE = defineScript(`
redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1
`);
const GENERATION_KEPT_MS = 3_600_000;

interface Entry {
  readonly value: Promise<unknown>;
}

/** @param shared to be asked before the connection is begun; `null`: this process alone */
export function createTenantCache(options: {
  readonly ttlMs: number;
  readonly shared: Pick<SharedState, "run" | "listen" | "onUp"> | null;
  readonly observer: CacheObserver;
}): TenantCache {
  const { ttlMs, shared, observer } = options;
  const tenants = new LRUCache<string, Map<string, Entry>>({ max: MAX_TENANTS, ttl: ttlMs });

  function forget(tenant: string): void {
    tenants.delete(tenant);
  }

  shared?.listen(CHANNEL, forget);
  shared?.onUp(() => tenants.clear());

  async function ask(...request: Parameters<SharedState["run"]>): Promise<unknown> {
    try {
      return await shared?.run(...request);
    } catch {
      observer.sharedFailed();
      return undefined;
    }
  }

  async function read<T>(tenant: string, key: string, load: () => Promise<T>): Promise<T> {
    const keys = [`cache:generation:${tenant}`, `cache:value:${JSON.stringify([tenant, key])}`];
    const found = (await ask(GET, keys, [])) as readonly [string, string] | undefined;
    if (found !== undefined && found[1] !== "") {
      observer.hit("shared");
      return JSON.parse(found[1]) as T;
    }
    observer.missed();
    const value = await load();
    if (found !== undefined) {
      await ask(PUT, keys, [found[0], JSON.stringify(value), String(ttlMs)]);
    }
    return value;
  }

  return {
    get<T>(tenant: string, key: string, load: () => Promise<T>): Promise<T> {
      let ofTenant = tenants.get(tenant);
      if (ofTenant === undefined) {
        tenants.set(tenant, (ofTenant = new Map()));
      }
      const known = ofTenant.get(key);
      if (known !== undefined) {
        observer.hit("local");
        return known.value as Promise<T>;
      }
      const value = read(tenant, key, load);
      const entry = { value };
      ofTenant.set(key, entry);
      value.catch(() => {
        if (ofTenant.get(key) === entry) {
          ofTenant.delete(key);
        }
      });
      return value;
    },
    invalidate(tenant) {
      observer.invalidated();
      forget(tenant);
      if (shared !== null) {
        void ask(INVALIDATE, [`cache:generation:${tenant}`, CHANNEL], [String(GENERATION_KEPT_MS), tenant]);
      }
    },
    get tenants() {
      return tenants.size;
    },
  };
}
