import type { Decision, DecisionCode, DecisionFault, PolicyEngine } from "../domain/authorization.ts";

/** What the decision cache needs of an engine in addition to its decisions. */
export interface CacheableEngine extends PolicyEngine {
  /** Always later, unlike from memory. */
  decide(query: Parameters<PolicyEngine["decide"]>[0]): Promise<Decision>;
  /**
   * Everything of the context that its policies can see, as canonical text: two contexts of one text
   * cannot lead to different decisions. Throws where the context cannot be written down.
   */
  visibleContext(context: Parameters<PolicyEngine["decide"]>[0]["context"]): string;
}

/** The denial that a fault of the engine leads to. It is never cached. */
export function faultDecision(
  engine: PolicyEngine["name"],
  code: DecisionFault,
  reason: string,
  revision: string | null,
  policies: readonly string[] = [],
): Decision {
  return {
    allow: false,
    code,
    reason,
    policies,
    engine,
    revision,
    decisionId: null,
    filteredParameters: null,
    cacheTtlSeconds: 0,
    cached: false,
  };
}

export function isFault(code: DecisionCode): boolean {
  return code !== "allowed" && code !== "denied_by_policy";
}
