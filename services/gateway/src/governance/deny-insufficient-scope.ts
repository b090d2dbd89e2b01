import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { TokenScopes } from "../domain/token-scopes.ts";

/**
 * Denies what policy permits to a token that lacks scopes for it. After policy, and not for what a listing shows: a client is
 * sent for another token only where that helps, and has to see a tool to be sent for its scopes.
 */
export function denyInsufficientScope(
  decision: Decision,
  query: AuthorizationQuery,
  scopes: TokenScopes,
): Decision {
  const lacking = scopes.lacking(query);
  if (lacking === null) {
    return decision;
  }
  return {
    ...decision,
    allow: false,
    code: "insufficient_scope",
    reason: `The token lacks scopes for this; get one with: ${lacking.join(" ")}.`,
    requiredScopes: lacking,
    filteredParameters: null,
    cacheTtlSeconds: 0,
  };
}
