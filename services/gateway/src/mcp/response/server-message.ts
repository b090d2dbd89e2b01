import type { JsonRpcNotification, JsonRpcRequest, JsonRpcResponse } from "../../domain/json-rpc.ts";
import { isJsonObject, type Json, type JsonObject, findMember, type Range } from "@sark/json";
import { MalformedResponse } from "../errors/malformed-response.ts";
import {
  hasRequestMembersOnly,
  hasResponseMembersOnly,
  isErrorObject,
  isMethodName,
} from "../../mcp-protocol/json-rpc/form.ts";
import { RELATED_TASK_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";

/** A JSON-RPC message of an upstream server, sorted by what it is. */
export type ServerMessage =
  | { readonly type: "request" | "notification"; readonly message: JsonRpcRequest | JsonRpcNotification }
  | { readonly type: "response"; readonly message: JsonRpcResponse };

/**
 * Checks the shape of the message at `range` as strictly as the official clients do: what they cannot read they drop
 * without a word, and a call would have been recorded as ended that its caller still waits for. What could be
 * read in two ways (a method beside a result, a result beside an error) is none either. Throws a `MalformedResponse`.
 */
export function readServerMessage(value: Json, text: string, range: Range): ServerMessage {
  if (!isJsonObject(value) || value["jsonrpc"] !== "2.0") {
    throw new MalformedResponse("No JSON-RPC message.");
  }
  if (Object.hasOwn(value, "id")) {
    checkId(value["id"] ?? null, text, range);
  }
  if (!Object.hasOwn(value, "method")) {
    return { type: "response", message: readResponse(value) };
  }
  if (!hasRequestMembersOnly(value)) {
    throw otherMembers();
  }
  const { method, params, id } = value;
  if (!isMethodName(method)) {
    throw new MalformedResponse("No method name.");
  }
  if (id === null) {
    throw new MalformedResponse("A request without an id.");
  }
  if (params !== undefined) {
    checkBody(params, "params");
  }
  const message = value as unknown as JsonRpcRequest | JsonRpcNotification;
  return { type: id === undefined ? "notification" : "request", message };
}

function readResponse(value: JsonObject): JsonRpcResponse {
  if (!hasResponseMembersOnly(value)) {
    throw otherMembers();
  }
  const { result, error, id } = value;
  if ((result === undefined) === (error === undefined)) {
    throw new MalformedResponse("Neither a request nor a response.");
  }
  if (result !== undefined) {
    if (id === undefined || id === null) {
      throw new MalformedResponse("A result without an id.");
    }
    checkBody(result, "result");
  } else if (!isErrorObject(error)) {
    throw new MalformedResponse("An error without a code and a message.");
  }
  return value as unknown as JsonRpcResponse;
}

function otherMembers(): MalformedResponse {
  return new MalformedResponse("A message with a member that JSON-RPC has not.");
}

/** `1.0` and `1e0` are the same id to some readers only, and what is beyond 2^53 is another one to most. */
function checkId(id: Json, text: string, range: Range): void {
  if (id === null || typeof id === "string") {
    return;
  }
  if (!Number.isSafeInteger(id) || writtenId(text, range) !== JSON.stringify(id)) {
    throw new MalformedResponse("An id that is none.");
  }
}

/** Messages begin or end with their id, as servers write them. */
const ID_FIRST = /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*([-+.0-9eE]+)\s*,/;
const ID_LAST = /,\s*"id"\s*:\s*([-+.0-9eE]+)\s*\}$/;
const NEAR = 64;

/** The id as it was written; looking through a large message for it is the last resort. */
function writtenId(text: string, range: Range): string | null {
  const { start, end } = range;
  const near =
    ID_FIRST.exec(text.slice(start, Math.min(end, start + NEAR))) ??
    ID_LAST.exec(text.slice(Math.max(start, end - NEAR), end));
  if (near?.[1] !== undefined) {
    return near[1];
  }
  const found = findMember(text, range, "id");
  return found === null ? null : text.slice(found.start, found.end);
}

/** A result, or the parameters of a request. */
function checkBody(body: Json, what: string): void {
  if (!isJsonObject(body)) {
    throw new MalformedResponse(`A message whose ${what} is no object.`);
  }
  const meta = body["_meta"];
  if (meta === undefined) {
    return;
  }
  const token = isJsonObject(meta) ? meta["progressToken"] : null;
  const task = isJsonObject(meta) ? meta[RELATED_TASK_META_KEY] : null;
  const readable =
    (token === undefined || typeof token === "string" || Number.isInteger(token)) &&
    (task === undefined || (isJsonObject(task) && typeof task["taskId"] === "string"));
  if (!readable) {
    throw new MalformedResponse("A message whose _meta cannot be read.");
  }
}
