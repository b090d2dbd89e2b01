import type { GatewayConfig } from "../config/schema.ts";
import { openSecret, SecretError, type Secret } from "@sark/observability/settings";
import { ConfigurationError } from "@sark/settings";
import type { PolicyEngine } from "../domain/authorization.ts";
import type { PolicyWorkbench } from "../domain/policy-sets.ts";
import { createDecisionCache } from "../policy/cache/decision-cache.ts";
import { createCedarEngine } from "../policy/cedar/cedar-engine.ts";
import { createOpaEngine } from "../policy/opa/opa-engine.ts";
import type { CacheableEngine } from "../policy/decisions.ts";
import type { PolicyObserver } from "../policy/observer.ts";
import { createCedarWorkbench } from "../policy/workbench/cedar-workbench.ts";
import { createOpaWorkbench } from "../policy/workbench/opa-workbench.ts";

export interface StartedPolicy extends PolicyEngine {
  readonly workbench: PolicyWorkbench;
}

/** The engine that the configuration asks for, behind its decision cache. */
export async function startPolicy(
  config: GatewayConfig["policy"],
  observer: PolicyObserver,
  environment: NodeJS.ProcessEnv,
): Promise<StartedPolicy> {
  const { engine, workbench } = await startEngine(config, observer, environment);
  const cached = createDecisionCache(engine, {
    ttlMs: config.cacheTtl,
    maxEntries: config.cacheMaxEntries,
    observer,
  });
  return { ...cached, workbench };
}

async function startEngine(
  config: GatewayConfig["policy"],
  observer: PolicyObserver,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly engine: CacheableEngine; readonly workbench: PolicyWorkbench }> {
  const { opaUrl, opaPath, opaToken, directory, timeout: timeoutMs } = config;
  if (opaUrl === undefined) {
    const engine = await createCedarEngine({ directory, timeoutMs, observer });
    return { engine, workbench: createCedarWorkbench(engine) };
  }
  const options = {
    url: opaUrl,
    path: opaPath,
    timeoutMs,
    ...(opaToken === undefined ? {} : { token: openToken(opaToken, observer, environment).value }),
  };
  const engine = createOpaEngine({ ...options, observer });
  return { engine, workbench: createOpaWorkbench(options, engine.status) };
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
