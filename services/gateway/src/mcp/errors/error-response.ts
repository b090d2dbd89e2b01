import { withAuditId, type AuditReference, type Caller, type Refusal } from "../../domain/governance.ts";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import type { JsonObject } from "@sark/json";
import { ERROR_CODES } from "./codes.ts";
import type { Rejection } from "./rejection.ts";
import type { UpstreamFailure } from "./upstream-failure.ts";

/** Reasons of a refusal that say nothing about the caller's rights: the gateway could not decide or record. */
const UNAVAILABLE = new Set([
  "policy_timeout",
  "policy_unavailable",
  "policy_error",
  "audit_unavailable",
  "audit_overloaded",
  "quota_unavailable",
]);
const LIMITS = new Set(["rate_limited", "quota_exceeded"]);

/** JSON text of an error response. `id` is `null` when it is about no request that could be read. */
function errorText(id: JsonRpcId | null, code: number, message: string, data: JsonObject): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } });
}

/** The governor said no. */
export function refusalText(id: JsonRpcId | null, refusal: Refusal, caller: Caller): string {
  const { audit, reason, code, retryAfterSeconds, requiredScopes } = refusal;
  return errorText(id, refusalCode(code), withAuditId(reason, audit), {
    reason_code: code,
    ...auditData(audit),
    correlation_id: caller.correlationId,
    ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
    ...(requiredScopes === undefined ? {} : { required_scopes: [...requiredScopes] }),
  });
}

/** The gateway refused the message itself. */
export function rejectionText(id: JsonRpcId | null, rejection: Rejection, caller: Caller): string {
  return errorText(id, rejection.code, rejection.message, {
    ...rejection.data,
    reason_code: rejection.type,
    correlation_id: caller.correlationId,
  });
}

/** A permitted call failed behind the gateway. */
export function failureText(
  id: JsonRpcId | null,
  failure: UpstreamFailure,
  audit: AuditReference | null,
  caller: Caller,
): string {
  return errorText(id, failure.code, withAuditId(failure.message, audit), {
    reason_code: failure.reasonCode,
    ...auditData(audit),
    correlation_id: caller.correlationId,
  });
}

function auditData(audit: AuditReference | null): JsonObject {
  return audit === null ? { audit_id: null } : { audit_id: audit.id, audit_seq: audit.seq };
}

function refusalCode(code: string): number {
  if (UNAVAILABLE.has(code)) {
    return ERROR_CODES.governance_unavailable;
  }
  if (code === "undecidable_request") {
    return ERROR_CODES.invalid_params;
  }
  return LIMITS.has(code) ? ERROR_CODES.limit_reached : ERROR_CODES.access_denied;
}
