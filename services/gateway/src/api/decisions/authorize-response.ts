import type { AuthorizedDecision } from "../../domain/authorizer.ts";
import type { JsonObject } from "../../domain/json.ts";

/** What `authorize` and `authorize-a2a` answer. */
export interface AuthorizeResponse {
  allow: boolean;
  reason: string;
  filtered_parameters?: JsonObject;
  audit_id: string;
  /** Seconds that the caller may keep the answer. */
  cache_ttl: number;
}

export function authorizeResponse({ decision, auditId }: AuthorizedDecision): AuthorizeResponse {
  return {
    allow: decision.allow,
    reason: decision.reason,
    ...(decision.filteredParameters === null ? {} : { filtered_parameters: decision.filteredParameters }),
    audit_id: auditId,
    cache_ttl: decision.cacheTtlSeconds,
  };
}
