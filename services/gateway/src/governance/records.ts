import type { AuditRecord, RecordOptions } from "@sark/audit";
import type { PayloadPolicy } from "@sark/audit/payloads";
import type { AuthorizationQuery, Decision, Sensitivity } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { Caller, CallResult, McpCall } from "../domain/governance.ts";
import { isJsonObject, type JsonObject } from "@sark/json";
import { auditIdentity } from "@sark/authentication";
import type { Principal } from "../domain/principal.ts";
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  VERSION_META_KEY,
} from "../mcp-protocol/vocabulary/meta-keys.ts";
import { decidedOn } from "./decided-on.ts";
import { provenanceOf, submitterOf } from "./provenance.ts";
import { SESSION_BEGIN } from "./session-events.ts";

/** What the record of an MCP call is, by what the call asks for. */
export const EVENT_TYPE_OF: Record<McpCall["kind"], string> = {
  tool: "tool_invoke",
  resource: "resource_read",
  prompt: "prompt_get",
  listing: "discovery",
  response: "client_response",
  session: "session",
  other: "method_call",
};

/** What the record of an MCP call says in addition to the decision. */
export function callSubject(call: McpCall): AuditSubject {
  const metadata: JsonObject = {
    jsonrpc_id: call.requestId,
    method: call.method,
    protocol_version: call.protocolVersion,
  };
  if (call.sessionScope === "fallback") {
    // What other replicas have ended, or count, is not known meanwhile: each call recorded says so.
    metadata["sessions"] = "local";
  }
  if (call.target !== null && call.kind !== "tool") {
    metadata["target"] = call.target;
  }
  const params = recordableParams(call.params);
  return {
    eventType: call.method === "initialize" ? SESSION_BEGIN : EVENT_TYPE_OF[call.kind],
    server: call.server,
    tool: call.kind === "tool" ? call.target : null,
    metadata,
    arguments: call.arguments,
    params,
    ...(params === call.params ? {} : { paramsShortened: true as const }),
  };
}

/**
 * What each request of a client repeats in `_meta`, and the record leaves out: the version stands in the record's own
 * metadata, and servers do with the others what the protocol says.
 */
const ENVELOPE_KEYS: ReadonlySet<string> = new Set([
  "progressToken",
  VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  LOG_LEVEL_META_KEY,
]);

function recordableParams(params: JsonObject | null): JsonObject | null {
  const meta = params?.["_meta"];
  if (params === null || !isJsonObject(meta)) {
    return params;
  }
  const { _meta, ...others } = params;
  const rest = Object.entries(meta).filter(([key]) => !ENVELOPE_KEYS.has(key));
  if (rest.length === Object.keys(meta).length && rest.length > 0) {
    return params;
  }
  const kept = rest.length === 0 ? others : { ...others, _meta: Object.fromEntries(rest) };
  return Object.keys(kept).length === 0 ? null : kept;
}

/** The record of a decision, committed before anything else happens. */
export function decisionRecord(input: {
  readonly query: AuthorizationQuery;
  readonly decision: Decision;
  readonly caller: Caller;
  readonly subject: AuditSubject;
  readonly sessionId: string | null;
  readonly traceId: string | undefined;
  /** An intent expects an outcome; a decision that another party acts on does not. */
  readonly expectsOutcome: boolean;
  /** What else its metadata say. */
  readonly marks?: JsonObject;
}): AuditRecord {
  const { query, decision, caller, subject, expectsOutcome } = input;
  const { principal } = caller;
  const identity = auditIdentity(principal);
  const { client_address, credential } = provenanceOf(caller);
  // Every record has the same fields in the same order, and says `null` for none: engines are quick with what looks alike.
  return {
    event_type: subject.eventType,
    user_id: identity.user_id,
    agent_id: subject.agentId ?? identity.agent_id,
    server_name: subject.server,
    tool_name: subject.tool,
    decision: decision.allow ? "allow" : "deny",
    reason: decision.reason,
    timestamp: Date.now() / 1000,
    gateway_request_id: caller.correlationId,
    // Of a tool call in the order of canonical JSON: it is written faster.
    metadata: {
      action: query.action,
      decided_on: decidedOn(query, subject),
      ...subject.metadata,
      reason_code: decision.code,
      ...input.marks,
    },
    phase: decision.allow && expectsOutcome ? "intent" : "decision",
    outcome: decision.allow || !expectsOutcome ? null : "denied",
    tenant_id: principal.tenant,
    sensitivity: sensitivityOf(query),
    session_id: input.sessionId,
    trace_id: input.traceId,
    client_address,
    credential,
    submitted_by: isOnBehalf(principal, subject) ? submitterOf(principal) : null,
    policy: { engine: decision.engine, ids: [...decision.policies], revision: decision.revision },
  };
}

/** The record of how a permitted call ended; it points back at its intent. */
export function outcomeRecord(
  intent: AuditRecord,
  intentId: string,
  result: CallResult,
  seconds: number,
  /** What else its metadata say. */
  marks: JsonObject = {},
): AuditRecord {
  return {
    ...intent,
    // Said once, by the intent.
    policy: undefined,
    phase: "outcome",
    intent_id: intentId,
    outcome: result.outcome,
    session_id: result.sessionId ?? intent.session_id,
    timestamp: Date.now() / 1000,
    duration_ms: Math.round(seconds * 1e6) / 1e3,
    metadata: {
      ...(result.errorCode === undefined ? {} : { error_code: result.errorCode }),
      ...(result.message === undefined ? {} : { message: result.message }),
      ...(result.brokenUnicode ? { broken_unicode: true } : {}),
      ...marks,
    },
  };
}

/** What is kept of a request apart from its record; `schema` tells which arguments are secret. */
export function requestPayloads(
  subject: Pick<AuditSubject, "arguments" | "params">,
  policy: PayloadPolicy,
  schema?: JsonObject,
): RecordOptions {
  const { arguments: given, params } = subject;
  if (given === null && params === null) {
    return {};
  }
  return {
    payloads: {
      arguments: given ?? undefined,
      params: params ?? undefined,
      policy,
      ...(schema === undefined ? {} : { schemas: { arguments: schema } }),
    },
  };
}

/** What goes on record of a call's result. */
export function resultPayload(result: JsonObject | undefined, policy: PayloadPolicy): RecordOptions {
  return result === undefined ? {} : { payloads: { result, policy } };
}

/** Another principal asks for this agent: the record must not stand in the agent's trail as its own doing. */
function isOnBehalf({ type, id }: Principal, { agentId }: AuditSubject): boolean {
  return agentId !== undefined && !(type === "agent" && id === agentId);
}

export function sensitivityOf(query: AuthorizationQuery): Sensitivity | undefined {
  return "sensitivity" in query.resource ? query.resource.sensitivity : undefined;
}
