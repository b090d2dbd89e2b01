import type { McpCall } from "../../domain/governance.ts";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { Rejection } from "../errors/rejection.ts";
import type { McpLimits } from "../contract/limits.ts";
import { METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import type { Era } from "../../mcp-protocol/rules/revision.ts";
import { resourceReadings } from "./resource-uri.ts";

/** What one request is about: the part of an `McpCall` that its method and parameters decide. */
export type Subject = Pick<McpCall, "kind" | "target" | "arguments">;

const UNKNOWN: Subject = { kind: "other", target: null, arguments: null };

/** C0 and C1 control characters, DEL, line and paragraph separators, byte order mark. */
// oxlint-disable-next-line no-control-regex -- finding them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/u;

/**
 * What has to be permitted before the request may go upstream: nearly always one thing; a subscription
 * to several resources is several, and so is a resource whose URI servers read in more than one way. Throws a
 * `Rejection` when the parameters do not say it plainly.
 */
export function subjectsOf(request: JsonRpcRequest, era: Era, limits: McpLimits): readonly Subject[] {
  const { method, params = {} } = request;
  const rule = METHODS.get(method);
  if (rule === undefined) {
    refuseLookAlike(method);
    return [UNKNOWN];
  }
  if (rule.removed && era === "stateless" && params[rule.target ?? ""] === undefined) {
    return [UNKNOWN];
  }
  if (method === "completion/complete") {
    return [completionSubject(params, limits)];
  }
  if (method === "subscriptions/listen") {
    return subscriptionSubjects(params, limits);
  }
  const target = rule.target === undefined ? null : readTarget(params, rule.target, limits);
  if (rule.kind === "resource" && target !== null) {
    return resourceSubjects(target, "params.uri");
  }
  return [{ kind: rule.kind, target, arguments: rule.withArguments ? readArguments(params) : null }];
}

function resourceSubjects(uri: string, where: string): readonly Subject[] {
  return resourceReadings(uri, where).map((target) => ({ kind: "resource", target, arguments: null }));
}

/** A server that ignores case or accents would run what the gateway took for an unknown method. */
function refuseLookAlike(method: string): void {
  const known = METHODS.has(method.toLowerCase());
  if (known) {
    throw new Rejection("invalid_method", `Method names are case-sensitive: ${method.toLowerCase()}.`);
  }
}

function readTarget(params: JsonObject, key: "name" | "uri" | "taskId", limits: McpLimits): string {
  const max = key === "uri" ? limits.maxUriLength : limits.maxNameLength;
  return checkTarget(params[key], `params.${key}`, max);
}

function checkTarget(value: Json | undefined, where: string, max: number): string {
  if (typeof value !== "string" || value === "") {
    throw new Rejection("invalid_params", `${where} must be a non-empty string.`);
  }
  if (value.length > max) {
    throw new Rejection("invalid_params", `${where} must not be longer than ${max} characters.`);
  }
  if (CONTROL.test(value) || !value.isWellFormed()) {
    throw new Rejection("invalid_params", `${where} must not contain control characters or broken Unicode.`);
  }
  return value;
}

function readArguments(params: JsonObject): JsonObject | null {
  const value = params["arguments"];
  if (value === undefined) {
    return null;
  }
  if (!isJsonObject(value)) {
    throw new Rejection("invalid_params", "params.arguments must be an object.");
  }
  return value;
}

/** A completion tells about the prompt or resource template whose argument is completed. */
function completionSubject(params: JsonObject, limits: McpLimits): Subject {
  const ref = params["ref"];
  if (isJsonObject(ref) && ref["type"] === "ref/prompt") {
    const target = checkTarget(ref["name"], "params.ref.name", limits.maxNameLength);
    return { kind: "prompt", target, arguments: null };
  }
  if (isJsonObject(ref) && ref["type"] === "ref/resource") {
    const target = checkTarget(ref["uri"], "params.ref.uri", limits.maxUriLength);
    return { kind: "resource", target, arguments: null };
  }
  throw new Rejection("invalid_params", "params.ref must be a ref/prompt or a ref/resource.");
}

function subscriptionSubjects(params: JsonObject, limits: McpLimits): readonly Subject[] {
  const filter = params["notifications"];
  const uris = isJsonObject(filter) ? (filter["resourceSubscriptions"] ?? []) : [];
  if (!Array.isArray(uris) || uris.length > limits.maxBatch) {
    const message = `params.notifications.resourceSubscriptions must be an array of at most ${limits.maxBatch} URIs.`;
    throw new Rejection("invalid_params", message);
  }
  if (uris.length === 0) {
    return [{ kind: "session", target: null, arguments: null }];
  }
  const where = "params.notifications.resourceSubscriptions";
  return uris.flatMap((uri) => resourceSubjects(checkTarget(uri, where, limits.maxUriLength), where));
}
