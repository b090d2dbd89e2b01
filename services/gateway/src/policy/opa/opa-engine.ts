import { canonicalJson } from "@sark/audit/json";
import type { AuthorizationQuery, Decision } from "../../domain/authorization.ts";
import { faultDecision, isFault, type CacheableEngine } from "../decisions.ts";
import type { PolicyObserver } from "../observer.ts";
import { createOpaClient, OpaFault } from "./opa-client.ts";
import { readDocument, readResponse, type OpaResponse } from "./read-response.ts";
import { toOpaInput } from "./to-opa-input.ts";

export interface OpaEngineOptions {
  /** OPA's base address, e.g. `http://127.0.0.1:8181`. */
  readonly url: string;
  readonly observer: PolicyObserver;
  readonly timeoutMs: number;
  /** Path of the decision document below `/v1/data/`. Default: `mcp/gateway`. */
  readonly path?: string;
  /** A decision may be kept this long, in seconds, unless OPA's `cache_ttl` says less. Default: 60. */
  readonly decisionTtlSeconds?: number;
  /** Most connections to OPA. Default: 32. */
  readonly connections?: number;
  /** Most decisions under way or waiting for a connection. Default: 1024. */
  readonly maxPending?: number;
  /** Bearer token of now, for an OPA that runs with `--authentication=token`. */
  token?(): string;
}

export interface OpaEngine extends CacheableEngine {
  /** What it decides with this time, in milliseconds since 1970, for the gateway's clock; no observer is told. */
  decideAt(query: AuthorizationQuery, time: number): Promise<Decision>;
}

/** Decides by asking an OPA server; any fault of it is a denial. */
export function createOpaEngine(options: OpaEngineOptions): OpaEngine {
  const { observer, path = "mcp/gateway", decisionTtlSeconds = 60 } = options;
  const client = createOpaClient({ connections: 32, maxPending: 1_024, ...options });
  const encoded = path.split("/").filter(Boolean).map(encodeURIComponent);
  const documentPath = `/v1/data/${encoded.join("/")}`;
  const policyName = encoded.join(".");
  let revision: string | null = null;

  async function ask(query: AuthorizationQuery, time: number): Promise<Decision> {
    try {
      const body = JSON.stringify({ input: toOpaInput(query, time) });
      return toDecision(readResponse(await client.ask(`${documentPath}?provenance=true`, body), path));
    } catch (error) {
      const code = error instanceof OpaFault ? error.code : "policy_error";
      const { message } = error as Error;
      return faultDecision("opa", code, `The request could not be decided: ${message}.`, revision);
    }
  }

  function toDecision(response: OpaResponse): Decision {
    revision = response.revision;
    const { allow } = response;
    const decided = allow ? "Permitted" : "Denied";
    return {
      allow,
      code: allow ? "allowed" : "denied_by_policy",
      reason: response.reason ?? `${decided} by the OPA policy ${policyName}.`,
      policies: response.policies ?? [policyName],
      engine: "opa",
      revision: response.revision,
      decisionId: response.decisionId,
      filteredParameters: response.filteredParameters,
      cacheTtlSeconds: Math.min(decisionTtlSeconds, response.cacheTtlSeconds ?? decisionTtlSeconds),
      cached: false,
    };
  }

  return {
    name: "opa",
    decideAt: ask,
    async decide(query) {
      const started = performance.now();
      observer.asked({ engine: "opa" });
      const decision = await ask(query, Date.now());
      observer.decided({
        engine: "opa",
        code: decision.code,
        seconds: (performance.now() - started) / 1000,
        fault: isFault(decision.code) ? decision.reason : null,
      });
      return decision;
    },
    // What a rego looks at is not known here, so that all of it counts. Time of day is OPA's own affair.
    visibleContext: canonicalJson,
    status: () => ({ engine: "opa", revision, policies: null, loadError: null }),
    async check(signal) {
      // For a document that is not there at all OPA responds with 200 and no result, which `readDocument` refuses.
      readDocument(await client.ask(documentPath, '{"input":{}}', signal), path);
    },
    close: () => client.close(),
  };
}
