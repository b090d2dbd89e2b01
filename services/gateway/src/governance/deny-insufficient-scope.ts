import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { TokenScopes } from "../domain/token-scopes.ts";

/**
 * Denies what policy permits to a token that lacks scopes for it. After policy: a client is sent for another token only where
 * that helps.
 */
export function denyInsufficientScope(
  decision: Decision,
  query: AuthorizationQuery,
  scopes: TokenScopes,
): Decision {
  const lacking = scopes.lacking(query);
  return lacking === null ? decision : insufficient(decision, lacking);
}

/**
 * The same for an entry of a listing: one of a server at which the token may do something stays, because a client has to see a
 * tool to be sent for the scopes that it takes.
 */
export function hideWithoutScope(
  decision: Decision,
  query: AuthorizationQuery,
  scopes: TokenScopes,
): Decision {
  return scopes.mayList(query) ? decision : insufficient(decision, scopes.lacking(query) ?? []);
}

function insufficient(decision: Decision, requiredScopes: readonly string[]): Decision {
  return {
    ...decision,
    allow: false,
    code: "insufficient_scope",
    reason: `The token lacks scopes for this; get one with: ${requiredScopes.join(" ")}.`,
    requiredScopes,
    filteredParameters: null,
    cacheTtlSeconds: 0,
  };
}
