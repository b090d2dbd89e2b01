import type { GatewayConfig } from "../config/schema.ts";
import { followSecret } from "../reload/follow-secret.ts";
import type { PolicyEngine } from "../domain/authorization.ts";
import { createDecisionCache } from "../policy/cache/decision-cache.ts";
import { createCedarEngine } from "../policy/cedar/cedar-engine.ts";
import { createOpaEngine } from "../policy/opa/opa-engine.ts";
import type { PolicyObserver } from "../policy/observer.ts";

/** The engine that the configuration asks for, behind its decision cache. */
export async function startPolicy(
  config: GatewayConfig["policy"],
  observer: PolicyObserver,
): Promise<PolicyEngine> {
  const { opaUrl, opaPath, opaTokenFile, directory, timeout: timeoutMs } = config;
  const engine =
    opaUrl === undefined
      ? await createCedarEngine({ directory, timeoutMs, observer })
      : createOpaEngine({
          url: opaUrl,
          path: opaPath,
          timeoutMs,
          observer,
          ...(opaTokenFile === undefined
            ? {}
            : {
                token: followSecret(opaTokenFile, "policy.opaTokenFile", (problem) =>
                  observer.tokenFileChanged({ problem }),
                ).current,
              }),
        });
  return createDecisionCache(engine, {
    ttlMs: config.cacheTtl,
    maxEntries: config.cacheMaxEntries,
    observer,
  });
}
