import type { AuthorizedDecision } from "../../domain/authorizer.ts";
import type { Authorization } from "./responses.ts";

export function showAuthorization({ decision, auditId }: AuthorizedDecision): Authorization {
  return {
    allow: decision.allow,
    reason: decision.reason,
    ...(decision.filteredParameters === null ? {} : { filtered_parameters: decision.filteredParameters }),
    audit_id: auditId,
    cache_ttl: decision.cacheTtlSeconds,
  };
}
