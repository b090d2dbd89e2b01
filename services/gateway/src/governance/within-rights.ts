import type { AuthorizationQuery, Decision, DecisionCode, PolicyEngine } from "../domain/authorization.ts";
import { mayCall } from "../domain/roles.ts";
import { isWithinScope } from "./call-scope.ts";

/** What a principal may not ask for at all, whatever policies say: decided before any of them. */
export function withinRights(policy: PolicyEngine): PolicyEngine {
  return {
    name: policy.name,
    status: () => policy.status(),
    check: (signal) => policy.check(signal),
    close: () => policy.close(),
    decide(query) {
      const barred = barrierTo(query);
      return barred === null ? policy.decide(query) : denial(policy.name, barred);
    },
  };
}

export interface Barrier {
  readonly code: DecisionCode;
  readonly reason: string;
}

/** What denies a query before any policy is asked; `null`: policy decides. */
export function barrierTo(
  query: Pick<AuthorizationQuery, "principal" | "action" | "resource">,
): Barrier | null {
  const { principal } = query;
  if (!mayCall(principal)) {
    return BY_ROLE;
  }
  return principal.scope === undefined || isWithinScope(principal.scope, query) ? null : BY_SCOPE;
}

const BY_ROLE: Barrier = {
  code: "denied_by_role",
  reason:
    "The roles of this caller are for looking after the gateway: calls take the role user or agent, or one of your own.",
};

const BY_SCOPE: Barrier = {
  code: "denied_by_scope",
  reason: "The API key of this caller is for other servers or tools.",
};

function denial(engine: PolicyEngine["name"], { code, reason }: Barrier): Decision {
  return {
    allow: false,
    code,
    reason,
    policies: [],
    engine,
    revision: null,
    decisionId: null,
    filteredParameters: null,
    cacheTtlSeconds: 0,
    cached: false,
  };
}
