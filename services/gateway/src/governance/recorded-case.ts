import { hash } from "node:crypto";
import type { AuditEvent } from "@sark/audit";
import { parseJson } from "@sark/audit/json";
import type { RecordedPayload } from "@sark/audit/store";
import { ACTIONS, type Action, type PolicyResource, type Sensitivity } from "../domain/authorization.ts";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { PolicyCase, UnknownFact } from "../domain/policy-sets.ts";
import type { Principal } from "../domain/principal.ts";
import { EVENT_TYPE_OF } from "./records.ts";

/** Why a recorded decision cannot be decided again. */
export const NOT_EVALUABLE = [
  /** The event is of a version that did not record what the decision rested on. */
  "facts_not_recorded",
  /** The record was too large, and was cut. */
  "cut",
  /** What policies saw of the principal, or of the agent that was asked for, was too large to be recorded. */
  "principal_not_recorded",
  /** The caller's API key was bound to servers or tools, which the record does not name. */
  "scope_not_recorded",
  /** Nothing, or a digest alone, is kept of the arguments, or of what else the request brought. */
  "arguments_not_kept",
  "params_not_kept",
  "arguments_erased",
  "params_erased",
  /** Retention dropped them. */
  "arguments_dropped",
  "params_dropped",
  /** What is kept is not what the event proves. */
  "payload_contradicted",
  /** What each request of a client repeats in `_meta` is not recorded. */
  "envelope_not_recorded",
  /** Secrets are hidden where the policies look. */
  "redacted",
  /** Ill-formed text may have been replaced where the policies look. */
  "replaced_text",
] as const;
export type NotEvaluable = (typeof NOT_EVALUABLE)[number];

/** A recorded decision as a case, with why a fact is unknown where one is. */
export interface RecordedCase {
  readonly case: PolicyCase;
  readonly because: Readonly<Partial<Record<UnknownFact, NotEvaluable>>>;
}

/** The events of decisions by policy: what was refused before, by limits and budgets, names no policy engine. */
export function isPolicyDecision({ phase, policy }: AuditEvent): boolean {
  return phase !== "outcome" && policy !== undefined;
}

/** Payloads that have to be read for it. */
export function needsPayloads({ payloads }: AuditEvent): boolean {
  return payloads?.arguments !== undefined || payloads?.params !== undefined;
}

/** What was put before policy, as far as it is on record; nothing is guessed. */
export function recordedCase(
  event: AuditEvent,
  payloads: readonly RecordedPayload[],
): RecordedCase | NotEvaluable {
  const metadata = event.metadata as JsonObject;
  const facts = metadata["decided_on"];
  if (isCut(metadata)) {
    return "cut";
  }
  if (!isJsonObject(facts ?? null)) {
    return "facts_not_recorded";
  }
  const { principal: said = null, given = [], params_shortened: shortened } = facts as JsonObject;
  const action = ACTIONS.find((one) => one === metadata["action"]);
  if (action === undefined) {
    return "facts_not_recorded";
  }
  const resource = resourceOf(event, action, facts as JsonObject);
  if (resource === null || !isJsonObject(said)) {
    return "principal_not_recorded";
  }
  const because: Partial<Record<UnknownFact, NotEvaluable>> = {};
  const kept: Partial<Record<"arguments" | "params", string>> = {};
  const isMcp = typeof metadata["method"] === "string";
  for (const kind of ["arguments", "params"] as const) {
    if (!Array.isArray(given) || !given.includes(kind)) {
      continue;
    }
    const body = bodyOf(event, payloads, kind);
    if (typeof body === "string") {
      because[kind === "params" && !isMcp ? "context" : kind] = body;
    } else {
      kept[kind] = body.text;
    }
  }
  if (shortened === true) {
    because.envelope = "envelope_not_recorded";
  }
  if (said["scoped"] === true) {
    because.scope = "scope_not_recorded";
  }
  if (Object.values(because).includes("payload_contradicted")) {
    return "payload_contradicted";
  }
  return {
    case: {
      query: { principal: principalOf(event, said, action), action, resource },
      context: contextOf(metadata, kept),
      time: Date.parse(event.timestamp),
      unknown: Object.keys(because) as UnknownFact[],
      fidelity: isRedacted(event) ? "redacted" : "recorded",
    },
    because,
  };
}

/** Marks of what did not fit into a record (`fitRecord` of the audit log). */
const CUT = /\(cut from \d+ characters, SHA-256 [0-9a-f]{64}\)/;
const CUTTABLE = [
  "method",
  "target",
  "target_agent_id",
  "message_type",
  "target_environment",
  "gateway_metadata",
  "payload_metadata",
  "decided_on",
];

function isCut(metadata: JsonObject): boolean {
  return (
    Object.hasOwn(metadata, "sark_cut") ||
    CUT.test(JSON.stringify(CUTTABLE.map((name) => metadata[name] ?? null)))
  );
}

function principalOf(event: AuditEvent, said: JsonObject, action: Action): Principal {
  const { type, method, roles, actor = null, attributes = {}, token_scopes: scopes } = said;
  // Between agents the record names the agent that asks, whichever caller asked for it.
  const isAgent = type === "agent" || action.startsWith("gateway:a2a:");
  return {
    id: (isAgent ? event.agent_id : event.user_id) ?? "",
    type: isAgent ? "agent" : "user",
    actor: typeof actor === "string" ? actor : null,
    tenant: event.tenant_id ?? null,
    roles: Array.isArray(roles) ? roles.map(String) : [],
    attributes: isJsonObject(attributes) ? attributes : {},
    method: method === "api_key" ? "api_key" : "jwt",
    ...(Array.isArray(scopes) ? { tokenScopes: scopes.map(String) } : {}),
  };
}

/** `null` where what policies saw of it is not on record. */
function resourceOf(event: AuditEvent, action: Action, facts: JsonObject): PolicyResource | null {
  const metadata = event.metadata as JsonObject;
  if (action.startsWith("gateway:a2a:")) {
    const agent = facts["agent"] ?? null;
    const attributes = isJsonObject(agent) ? (agent["attributes"] ?? null) : null;
    const id = metadata["target_agent_id"];
    return isJsonObject(attributes) && typeof id === "string" ? { type: "agent", id, attributes } : null;
  }
  const { server_name: server, tool_name: tool, sensitivity } = event;
  if (server === undefined) {
    return { type: "gateway" };
  }
  if (sensitivity === undefined) {
    return null;
  }
  return ofServer({ server, tool, type: event.event_type, sensitivity, target: metadata["target"] });
}

function ofServer(of: {
  readonly server: string;
  readonly tool: string | undefined;
  readonly type: string;
  readonly sensitivity: Sensitivity;
  readonly target: Json | undefined;
}): PolicyResource {
  const { server, tool, type, sensitivity, target } = of;
  if (tool !== undefined) {
    return { type: "tool", server, name: tool, sensitivity };
  }
  if (typeof target === "string" && type === EVENT_TYPE_OF.resource) {
    return { type: "resource", server, uri: target, sensitivity };
  }
  return typeof target === "string" && type === EVENT_TYPE_OF.prompt
    ? { type: "prompt", server, name: target, sensitivity }
    : { type: "server", name: server, sensitivity };
}

/** JSON text of the context: that of MCP, of REST (`authorize`), or between agents. */
function contextOf(
  metadata: JsonObject,
  { arguments: parameters, params }: { readonly arguments?: string; readonly params?: string },
): string {
  if (typeof metadata["method"] === "string") {
    const members = [
      `"method":${JSON.stringify(metadata["method"])}`,
      ...(parameters === undefined ? [] : [`"parameters":${parameters}`]),
      ...(params === undefined ? [] : [`"params":${params}`]),
    ];
    return `{${members.join(",")}}`;
  }
  const said = params === undefined ? {} : (parseJson(params, "any") as JsonObject)["context"];
  const { gateway_metadata, message_type, payload_metadata, target_environment } = metadata;
  return JSON.stringify({
    ...(isJsonObject(said ?? null) ? (said as JsonObject) : {}),
    ...(message_type === undefined
      ? { gateway_metadata }
      : { message_type, payload_metadata, target_environment: target_environment ?? "" }),
    ...(parameters === undefined ? {} : { parameters: parseJson(parameters, "any") as Json }),
  });
}

function bodyOf(
  event: AuditEvent,
  payloads: readonly RecordedPayload[],
  kind: "arguments" | "params",
): NotEvaluable | { readonly text: string } {
  const summary = event.payloads?.[kind];
  if (summary === undefined || summary.policy === "digest") {
    return `${kind}_not_kept`;
  }
  const payload = payloads.find((one) => one.kind === kind);
  if (payload === undefined) {
    return `${kind}_dropped`;
  }
  if (payload.body === null || payload.salt === null) {
    return payload.erasedAt === null ? "payload_contradicted" : `${kind}_erased`;
  }
  const digest = hash("sha256", Buffer.concat([Buffer.from(payload.salt, "hex"), Buffer.from(payload.body)]));
  return digest === summary.digest ? { text: payload.body } : "payload_contradicted";
}

function isRedacted({ payloads }: AuditEvent): boolean {
  return [payloads?.arguments, payloads?.params].some((summary) => (summary?.redactions ?? 0) > 0);
}
