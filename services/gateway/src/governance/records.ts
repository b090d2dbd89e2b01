import type { AuditRecord, PayloadKind, PayloadPolicy, RecordOptions } from "@sark/audit";
import type { AuthorizationQuery, Decision, Sensitivity } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { Caller, CallResult, McpCall } from "../domain/governance.ts";
import type { JsonObject } from "../domain/json.ts";
import { auditIdentity, type Principal } from "../domain/principal.ts";
import { provenanceOf, submitterOf } from "./provenance.ts";

const EVENT_TYPE_OF: Record<McpCall["kind"], string> = {
  tool: "tool_invoke",
  resource: "resource_read",
  prompt: "prompt_get",
  listing: "discovery",
  session: "session",
  other: "method_call",
};

/** What the record of an MCP call says beside the decision. */
export function callSubject(call: McpCall): AuditSubject {
  const metadata: JsonObject = {
    method: call.method,
    jsonrpc_id: call.requestId,
    protocol_version: call.protocolVersion,
  };
  if (call.target !== null && call.kind !== "tool") metadata["target"] = call.target;
  return {
    eventType: EVENT_TYPE_OF[call.kind],
    server: call.server,
    tool: call.kind === "tool" ? call.target : null,
    metadata,
    arguments: call.arguments,
  };
}

/** The record of a decision, committed before anything else happens. */
export function decisionRecord(input: {
  readonly query: AuthorizationQuery;
  readonly decision: Decision;
  readonly caller: Caller;
  readonly subject: AuditSubject;
  readonly sessionId: string | null;
  readonly traceId: string | undefined;
  /** An intent expects an outcome; a decision given to somebody else to act on does not. */
  readonly expectsOutcome: boolean;
}): AuditRecord {
  const { query, decision, caller, subject } = input;
  const sensitivity = sensitivityOf(query);
  return {
    event_type: subject.eventType,
    ...auditIdentity(caller.principal),
    ...(subject.agentId === undefined ? {} : { agent_id: subject.agentId }),
    ...(subject.server === null ? {} : { server_name: subject.server }),
    ...(subject.tool === null ? {} : { tool_name: subject.tool }),
    decision: decision.allow ? "allow" : "deny",
    reason: decision.reason,
    timestamp: Date.now() / 1000,
    gateway_request_id: caller.correlationId,
    metadata: { ...subject.metadata, reason_code: decision.code, action: query.action },
    phase: decision.allow && input.expectsOutcome ? "intent" : "decision",
    ...(decision.allow || !input.expectsOutcome ? {} : { outcome: "denied" as const }),
    ...(caller.principal.tenant === null ? {} : { tenant_id: caller.principal.tenant }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(input.sessionId === null ? {} : { session_id: input.sessionId }),
    ...(input.traceId === undefined ? {} : { trace_id: input.traceId }),
    ...provenanceOf(caller),
    ...(isOnBehalf(caller.principal, subject) ? { submitted_by: submitterOf(caller.principal) } : {}),
    policy: {
      engine: decision.engine,
      ids: [...decision.policies],
      revision: decision.revision,
    },
  };
}

/** The record of how a permitted call ended; it points back at its intent. */
export function outcomeRecord(
  intent: AuditRecord,
  intentId: string,
  result: CallResult,
  seconds: number,
): AuditRecord {
  const { policy: _policy, metadata: _metadata, ...identity } = intent;
  return {
    ...identity,
    phase: "outcome",
    intent_id: intentId,
    outcome: result.outcome,
    timestamp: Date.now() / 1000,
    duration_ms: Math.round(seconds * 1e6) / 1e3,
    metadata: {
      ...(result.errorCode === undefined ? {} : { error_code: result.errorCode }),
      ...(result.message === undefined ? {} : { message: result.message }),
    },
  };
}

/** What goes on record of arguments or a result, beside the record itself. */
export function payloadOf(
  kind: PayloadKind,
  value: JsonObject | null | undefined,
  policy: PayloadPolicy,
  schema?: JsonObject,
): RecordOptions {
  if (value === null || value === undefined) return {};
  return {
    payloads: { [kind]: value, policy, ...(schema === undefined ? {} : { schemas: { [kind]: schema } }) },
  };
}

/** Somebody else asks for this agent: it must not stand in the agent's trail as its own doing. */
function isOnBehalf({ type, id }: Principal, { agentId }: AuditSubject): boolean {
  return agentId !== undefined && !(type === "agent" && id === agentId);
}

function sensitivityOf(query: AuthorizationQuery): Sensitivity | undefined {
  return "sensitivity" in query.resource ? query.resource.sensitivity : undefined;
}
