import { isJsonObject, type JsonObject } from "@sark/json";

/** Members of a JSON-RPC message; what has others could be another message to some readers. */
const REQUEST_MEMBERS: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params"]);
const RESPONSE_MEMBERS: ReadonlySet<string> = new Set(["jsonrpc", "id", "result", "error"]);

/** Visible ASCII: nothing that two readers could compare differently. */
const METHOD = /^[\x21-\x7e]{1,128}$/;

export function isMethodName(value: unknown): value is string {
  return typeof value === "string" && METHOD.test(value);
}

/** Whether a message with a method has no member but those of a request or notification. */
export function hasRequestMembersOnly(message: JsonObject): boolean {
  return Object.keys(message).every((key) => REQUEST_MEMBERS.has(key));
}

/** Whether a message without a method has no member but those of a response. */
export function hasResponseMembersOnly(message: JsonObject): boolean {
  return Object.keys(message).every((key) => RESPONSE_MEMBERS.has(key));
}

/** Whether the member `error` of a response is one. */
export function isErrorObject(error: unknown): boolean {
  return isJsonObject(error) && Number.isInteger(error["code"]) && typeof error["message"] === "string";
}
