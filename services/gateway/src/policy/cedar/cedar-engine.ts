import { randomUUID } from "node:crypto";
import { preparsePolicySet } from "@cedar-policy/cedar-wasm/nodejs";
import { canonicalJson } from "@sark/audit/json";
import type { AuthorizationQuery, Decision } from "../../domain/authorization.ts";
import { faultDecision, isFault, type CacheableEngine } from "../decisions.ts";
import type { PolicyObserver } from "../observer.ts";
import { evaluate, MINUTE_MS, seenTime, seesTime } from "./evaluate.ts";
import { openPolicyFolder, type PolicyFolder } from "./policy-folder.ts";
import type { PolicySet } from "./policy-set.ts";
import { refuseLookAlikes } from "./refuse-look-alikes.ts";
import { visiblePart } from "./to-cedar-value.ts";

export interface CedarEngineOptions {
  /** Folder of `*.cedar` files, with an optional `schema.cedarschema` and `entities.json`. */
  readonly directory: string;
  readonly observer: PolicyObserver;
  /** An evaluation that took longer is a denial; Cedar has no loops, so that it always ends. */
  readonly timeoutMs: number;
  /** A decision may be kept this long, in seconds, unless one of its policies says less. Default: 60. */
  readonly decisionTtlSeconds?: number;
  /** How often the folder is looked at where no notification comes. Default: 2 s. */
  readonly pollMs?: number;
}

export interface CedarEngine extends CacheableEngine {
  readonly folder: Pick<PolicyFolder, "current" | "failure">;
}

/**
 * Decides by the Cedar policies of a folder, within this process. Resolves when the folder has been read;
 * where it has no usable policies, everything is denied with `policy_unavailable` until it has.
 */
export async function createCedarEngine(options: CedarEngineOptions): Promise<CedarEngine> {
  const { directory, observer, timeoutMs, decisionTtlSeconds = 60 } = options;
  const name = `sark-${randomUUID()}`;
  const folder = await openPolicyFolder({
    directory,
    name,
    observer,
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  });

  function decideBy(set: PolicySet, query: AuthorizationQuery): Decision {
    const now = Date.now();
    const time = seenTime(now);
    const untilNextMinute = Math.floor((time + MINUTE_MS - now) / 1000);
    const ttl = seesTime(set) ? Math.min(decisionTtlSeconds, untilNextMinute) : decisionTtlSeconds;
    const started = performance.now();
    const decision = evaluate(query, set, { name, decisionTtlSeconds: ttl, time });
    if (performance.now() - started <= timeoutMs) {
      return decision;
    }
    const reason = `The policies took longer than ${timeoutMs} ms to decide.`;
    return faultDecision("cedar", "policy_timeout", reason, set.revision);
  }

  function unavailable(): Decision {
    const reason = "No policies are loaded, so everything is denied.";
    return faultDecision("cedar", "policy_unavailable", reason, null);
  }

  return {
    name: "cedar",
    folder,
    async decide(query) {
      const started = performance.now();
      observer.asked({ engine: "cedar" });
      const set = folder.current();
      const decision = set === null ? unavailable() : decideBy(set, query);
      observer.decided({
        engine: "cedar",
        code: decision.code,
        seconds: (performance.now() - started) / 1000,
        fault: isFault(decision.code) ? decision.reason : null,
      });
      return decision;
    },
    visibleContext(context) {
      const set = folder.current();
      if (set === null) {
        return "";
      }
      const { time: _callersOwn, ...rest } = context;
      // What the engine refuses must share no decision with what looks the same without that key.
      refuseLookAlikes(context, set.references.context);
      const visible = canonicalJson(visiblePart(rest, set.references.context));
      return seesTime(set) ? `${Math.floor(Date.now() / MINUTE_MS)}${visible}` : visible;
    },
    status() {
      const set = folder.current();
      return {
        engine: "cedar",
        revision: set?.revision ?? null,
        policies: set?.policies.size ?? null,
        loadError: folder.failure()?.message ?? null,
      };
    },
    async check() {
      if (folder.current() === null) {
        throw new Error(`No policies are loaded: ${folder.failure()?.message}`);
      }
    },
    async close() {
      folder.close();
      // Cedar holds sets by name for good; an empty one frees the memory.
      preparsePolicySet(name, { staticPolicies: {} });
    },
  };
}
