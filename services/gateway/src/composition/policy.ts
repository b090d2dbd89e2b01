import type { GatewayConfig } from "../config/schema.ts";
import { openSecret, SecretError, type Secret } from "@sark/observability/settings";
import { ConfigurationError } from "../config/load.ts";
import type { PolicyEngine } from "../domain/authorization.ts";
import { createDecisionCache } from "../policy/cache/decision-cache.ts";
import { createCedarEngine } from "../policy/cedar/cedar-engine.ts";
import { createOpaEngine } from "../policy/opa/opa-engine.ts";
import type { PolicyObserver } from "../policy/observer.ts";

/** The engine that the configuration asks for, behind its decision cache. */
export async function startPolicy(
  config: GatewayConfig["policy"],
  observer: PolicyObserver,
  environment: NodeJS.ProcessEnv,
): Promise<PolicyEngine> {
  const { opaUrl, opaPath, opaToken, directory, timeout: timeoutMs } = config;
  const engine =
    opaUrl === undefined
      ? await createCedarEngine({ directory, timeoutMs, observer })
      : createOpaEngine({
          url: opaUrl,
          path: opaPath,
          timeoutMs,
          observer,
          ...(opaToken === undefined ? {} : { token: openToken(opaToken, observer, environment).value }),
        });
  return createDecisionCache(engine, {
    ttlMs: config.cacheTtl,
    maxEntries: config.cacheMaxEntries,
    observer,
  });
}

function openToken(setting: string, observer: PolicyObserver, environment: NodeJS.ProcessEnv): Secret {
  try {
    return openSecret(setting, environment, (problem) => observer.tokenFileChanged({ problem }));
  } catch (cause) {
    if (!(cause instanceof SecretError)) {
      throw cause;
    }
    throw new ConfigurationError(`policy.opaToken: ${cause.message}`, { cause });
  }
}
