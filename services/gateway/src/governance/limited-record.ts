import type { AuditRecord } from "@sark/audit";
import { formatDuration } from "@sark/observability/settings";
import type { Sensitivity } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { Caller } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { auditIdentity } from "@sark/authentication";
import type { Principal } from "../domain/principal.ts";
import type { LimitDecision, LimitScope } from "../domain/rate-limits.ts";
import { provenanceOf } from "./provenance.ts";

export type Limited = Extract<LimitDecision, { allowed: false }>;

/** A call that a limit may refuse, with what its record says. */
export interface CountedCall {
  /** Whom it counts for: the caller, or the agent that an enforcement point asks for. */
  readonly principal: Principal;
  readonly caller: Caller;
  readonly subject: AuditSubject;
  readonly sensitivity: Sensitivity | undefined;
  readonly sessionId: string | null;
}

/** What clients are told to wait: whole seconds, as `Retry-After` has them. */
export function retryAfterSeconds({ retryAfterMs }: Limited): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1_000));
}

export function limitedReason(limited: Limited): string {
  const { kind, name, rate } = limited;
  const allowance = `${rate.requests} ${rate.requests === 1 ? "call" : "calls"} in ${formatDuration(rate.periodMs)}`;
  return `The rate limit of ${kind} "${shortened(name)}" is reached (${allowance}); try again in ${retryAfterSeconds(limited)} s.`;
}

/** What the records of refused calls have in common; nothing follows them. Their arguments are not recorded. */
export function callRecord(
  { principal, caller, subject, sensitivity, sessionId }: CountedCall,
  traceId: string | undefined,
): Omit<AuditRecord, "reason" | "outcome" | "metadata"> {
  return {
    event_type: subject.eventType,
    ...auditIdentity(principal),
    ...(subject.server === null ? {} : { server_name: subject.server }),
    ...(subject.tool === null ? {} : { tool_name: subject.tool }),
    decision: "deny",
    timestamp: Date.now() / 1000,
    gateway_request_id: caller.correlationId,
    phase: "decision",
    ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(sessionId === null ? {} : { session_id: sessionId }),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...provenanceOf(caller),
  };
}

export function limitedRecord(
  counted: CountedCall,
  limited: Limited,
  traceId: string | undefined,
): AuditRecord {
  return {
    ...callRecord(counted, traceId),
    reason: limitedReason(limited),
    outcome: "rate_limited",
    metadata: {
      ...counted.subject.metadata,
      reason_code: "rate_limited",
      limit: limitOf(limited),
      retry_after_seconds: retryAfterSeconds(limited),
      ...scopeMark(limited.scope),
    },
  };
}

/** One record for all that were refused to the same principal for the same reason after the first one. */
export function repeatedRecord(first: AuditRecord, repeated: Repeated): AuditRecord {
  const { server_name: _server, tool_name: _tool, session_id: _session, trace_id: _trace, ...rest } = first;
  const { count, firstId, since, until } = repeated;
  const { operation } = first.metadata ?? {};
  const calls = count === 1 ? "call" : "calls";
  return {
    ...rest,
    reason: `${count} further ${calls} refused for the same reason.`,
    timestamp: until / 1000,
    metadata: {
      reason_code: first.metadata?.["reason_code"] ?? "rate_limited",
      ...(operation === undefined ? {} : { operation }),
      repeated: count,
      first_event: firstId,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
    },
  };
}

export interface Repeated {
  readonly count: number;
  /** Id of the record of the first one; `null` where it could not be kept. */
  readonly firstId: string | null;
  /** Unix milliseconds. */
  readonly since: number;
  readonly until: number;
}

/** Each call recorded while limits of this process stand in for the shared ones says so. */
export function scopeMark(scope: LimitScope): JsonObject {
  return scope === "fallback" ? { rate_limits: "local" } : {};
}

function limitOf({ kind, name, rate }: Limited): JsonObject {
  const { requests, periodMs, burst } = rate;
  return { kind, name: shortened(name), requests, period_ms: periodMs, burst };
}

export function shortened(name: string): string {
  return name.length <= 256 ? name : `${name.slice(0, 255)}…`;
}
