import type {
  JsonRpcId,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from "../../domain/json-rpc.ts";
import { isJsonObject, isRawNumber, type Json, type JsonObject, findLookAlike, type Place } from "@sark/json";
import { Rejection } from "../errors/rejection.ts";
import type { McpLimits } from "../contract/limits.ts";
import type { ClientMessage } from "../../mcp-protocol/json-rpc/client-message.ts";
import {
  hasRequestMembersOnly,
  hasResponseMembersOnly,
  isErrorObject,
  isMethodName,
} from "../../mcp-protocol/json-rpc/form.ts";
import { CLIENT_RESULT, ERROR, PARAMS } from "../../mcp-protocol/vocabulary/members.ts";

/**
 * Checks the shape as strictly as the SDKs do: whatever two readers could understand differently (an unknown or
 * an ambiguous member, an id that is no id) is refused. Throws a `Rejection`.
 */
export function readMessage(value: Json, limits: McpLimits): ClientMessage {
  if (!isJsonObject(value)) {
    throw new Rejection("invalid_message", "A JSON-RPC message must be an object.");
  }
  if (value["jsonrpc"] !== "2.0") {
    throw new Rejection("invalid_message", 'A JSON-RPC message must carry "jsonrpc": "2.0".');
  }
  if (!Object.hasOwn(value, "method")) {
    return readResponse(value, limits);
  }
  if (!hasRequestMembersOnly(value)) {
    throw otherMembers();
  }
  const { method } = value;
  if (!isMethodName(method)) {
    throw new Rejection("invalid_method", "A method name must be 1 to 128 visible ASCII characters.");
  }
  checkParams(value);
  if (!Object.hasOwn(value, "id")) {
    // A server that is not strict might run a "tools/call" without an id, and its response would reach no client.
    if (!method.startsWith("notifications/")) {
      throw new Rejection("invalid_id", "A message that is no notification must have an id.");
    }
    return { type: "notification", message: value as unknown as JsonRpcNotification };
  }
  checkId(value["id"] ?? null, limits);
  return { type: "request", message: value as unknown as JsonRpcRequest };
}

/** The id to put into an error response: that of a request, where it could be read. */
export function readableId(value: Json, limits: McpLimits): JsonRpcId | null {
  if (!isJsonObject(value) || typeof value["method"] !== "string") {
    return null;
  }
  const id = value["id"] ?? null;
  return isId(id, limits) ? id : null;
}

function readResponse(value: JsonObject, limits: McpLimits): ClientMessage {
  if (!hasResponseMembersOnly(value)) {
    throw otherMembers();
  }
  const { result, error } = value;
  if ((result === undefined) === (error === undefined)) {
    throw new Rejection("invalid_message", "A JSON-RPC message must have a method, a result or an error.");
  }
  checkId(value["id"] ?? null, limits);
  if (result !== undefined && !isJsonObject(result)) {
    throw new Rejection("invalid_message", "A result must be an object.");
  }
  if (error !== undefined && !isErrorObject(error)) {
    throw new Rejection("invalid_message", "An error must be an object with an integer code and a message.");
  }
  if (result !== undefined) {
    refuseLookAlikes(result, CLIENT_RESULT, "result");
  }
  if (error !== undefined) {
    refuseLookAlikes(error, ERROR, "error");
  }
  return { type: "response", message: value as unknown as JsonRpcResponse };
}

function otherMembers(): Rejection {
  return new Rejection(
    "invalid_message",
    "A JSON-RPC message must have no other members than the known ones.",
  );
}

function checkParams(value: JsonObject): void {
  const { params } = value;
  if (params === undefined) {
    return;
  }
  if (!isJsonObject(params)) {
    throw new Rejection("invalid_message", "params must be an object.");
  }
  if (params["_meta"] !== undefined && !isJsonObject(params["_meta"])) {
    throw new Rejection("invalid_message", "params._meta must be an object.");
  }
  checkTokens(params);
  refuseLookAlikes(params, PARAMS, "params");
}

/** What names a request or its progress must be one name to all readers, as an id must. */
function checkTokens(params: JsonObject): void {
  const { requestId, progressToken, _meta: meta } = params;
  const inMeta = isJsonObject(meta) ? meta["progressToken"] : undefined;
  for (const token of [requestId, progressToken, inMeta]) {
    if (isRawNumber(token) || (typeof token === "number" && !Number.isSafeInteger(token))) {
      throw new Rejection(
        "invalid_id",
        "A request id or progress token must be text or an integer within ±2^53.",
      );
    }
  }
}

/** A server that is not exact about names, as those on Go's encoding/json, would run what was never decided about. */
function refuseLookAlikes(value: Json, known: Place, path: string): void {
  const found = findLookAlike(value, known, path);
  if (found === null) {
    return;
  }
  const message = `${found.path} is a member that some servers take for another one; write it as the protocol does.`;
  throw new Rejection("similar_key", message);
}

function checkId(id: Json, limits: McpLimits): asserts id is JsonRpcId {
  if (isId(id, limits)) {
    return;
  }
  throw new Rejection(
    "invalid_id",
    `An id must be a string of at most ${limits.maxIdLength} characters, none of them NUL, or an integer within ±2^53.`,
  );
}

function isId(id: Json, limits: McpLimits): id is JsonRpcId {
  if (typeof id === "string") {
    // No record can have the others, and readers in C would see the end of it there.
    return id.length <= limits.maxIdLength && id.isWellFormed() && !id.includes("\u0000");
  }
  return Number.isSafeInteger(id);
}
