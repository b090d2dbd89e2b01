import type { HealthCheck } from "@sark/observability/health";
import type { Cleanup } from "@sark/service-start";
import { connectSharedState, startSharedState } from "@sark/service-start/shared-state";
import {
  createSharedBuckets,
  defineScript,
  sharedStateCheck,
  type SharedBuckets,
  type SharedState,
} from "@sark/shared-state";
import { createTenantCache, type TenantCache } from "../cache/tenant-cache.ts";
import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { CurrentKpiSource } from "../domain/kpis.ts";
import { createCurrentKpis } from "../kpis/current.ts";
import type { Refusals } from "../ingest/rate-limit.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** What replicas have in common through Redis, where it is configured; else what this process has for itself. */
export interface Sharing {
  readonly shared: SharedState | null;
  readonly cache: TenantCache;
  /** `null` without Redis. */
  readonly buckets: SharedBuckets | null;
  /** `null` without Redis. */
  readonly refusals: Refusals | null;
  readonly checks: readonly HealthCheck[];
  /** `forget` is called when keys or tenants are changed here, by what this gives, or at another replica. */
  onCredentialsChanged(forget: () => void): () => void;
  /** Once those that listen have said so. */
  connect(): Promise<void>;
}

/** Windows of time move on without an event. */
const CACHE_MS = 5_000;
const CHANGES = "credentials";
const ANNOUNCE = defineScript("return redis.call('PUBLISH', KEYS[1], '')");
const REFUSED = "refused";
const TELL_REFUSED = defineScript("return redis.call('PUBLISH', KEYS[1], ARGV[1])");
/** Names of tenants are not longer, in characters. */
const MAX_TENANT = 200;

export async function startSharing(
  config: Pick<MetricsConfig, "redis">,
  environment: NodeJS.ProcessEnv,
  telemetry: Telemetry,
  cleanups: Cleanup[],
): Promise<Sharing> {
  const shared = await startSharedState(config.redis, environment, telemetry, cleanups);
  const cache = createTenantCache({ ttlMs: CACHE_MS, shared, observer: telemetry.cache });
  telemetry.gauges.watchCache(() => cache.tenants);
  return {
    shared,
    cache,
    buckets: shared === null ? null : createSharedBuckets(shared),
    refusals: shared === null ? null : shareRefusals(shared),
    checks:
      shared === null
        ? []
        : [sharedStateCheck(shared, "limits, the cache and live updates are those of each replica")],
    onCredentialsChanged(forget) {
      shared?.listen(CHANGES, forget);
      return () => {
        forget();
        // Who does not hear of it finds out within seconds.
        shared?.run(ANNOUNCE, [CHANGES], []).catch(() => undefined);
      };
    },
    connect: () => connectSharedState(shared),
  };
}

/** How tenants stand, read once until something changes. */
export function cachedKpis(database: Pick<Database, "asTenant">, cache: TenantCache): CurrentKpiSource {
  const kpis = createCurrentKpis(database);
  return { current: (tenant) => cache.get(tenant, "current", () => kpis.current(tenant)) };
}

/** What a replica does not hear, it finds out itself when it has read a batch. */
function shareRefusals(shared: Pick<SharedState, "listen" | "run">): Refusals {
  return {
    tell: (tenant) => void shared.run(TELL_REFUSED, [REFUSED], [tenant]).catch(() => undefined),
    onTold: (listener) =>
      shared.listen(REFUSED, (message) => {
        if (message.length <= MAX_TENANT) {
          listener(message);
        }
      }),
  };
}
