import type { GatewayConfig } from "../config/schema.ts";
import type { PolicyEngine } from "../domain/authorization.ts";
import { createDecisionCache } from "../policy/cache/decision-cache.ts";
import { createCedarEngine } from "../policy/cedar/cedar-engine.ts";
import type { PolicyObserver } from "../policy/observer.ts";

/** The engine that the configuration asks for, behind its decision cache. */
export async function startPolicy(
  config: GatewayConfig["policy"],
  observer: PolicyObserver,
): Promise<PolicyEngine> {
  const { timeoutMs } = config;
  const engine = await createCedarEngine({ directory: config.directory, timeoutMs, observer });
  return createDecisionCache(engine, { ttlMs: config.cacheTtlMs, maxEntries: config.cacheMaxEntries, observer });
}
