import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { notificationParams, otherParams, responseParams } from "./other-params.ts";

const of = (method: string, params?: JsonObject) =>
  otherParams({ jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) });

describe("what reaches the server beside target and arguments", () => {
  it.each<[string, JsonObject | undefined, JsonObject | null]>([
    ["tools/call", undefined, null],
    ["tools/call", { name: "a", arguments: { x: 1 } }, null],
    [
      "tools/call",
      { name: "a", arguments: {}, inputResponses: { q: {} }, requestState: "s", task: { ttl: 1 }, x: null },
      { inputResponses: { q: {} }, requestState: "s", task: { ttl: 1 }, x: null },
    ],
    ["tools/call", { name: "a", uri: "b" }, { uri: "b" }],
    ["tools/call", { name: "a", _meta: { traceparent: "t", tracestate: "s", baggage: "b" } }, null],
    ["tools/call", { name: "a", _meta: { traceparent: "t", y: 1 } }, { _meta: { y: 1 } }],
    ["resources/read", { uri: "a", name: "b", arguments: {} }, { name: "b", arguments: {} }],
    ["completion/complete", { ref: { name: "a" } }, { ref: { name: "a" } }],
    ["x/y", { name: "a", arguments: {} }, { name: "a", arguments: {} }],
  ])("%s %j: %j", (method, params, rest) => {
    expect(of(method, params)).toEqual(rest);
  });

  it("keeps a key that is a prototype's name", () => {
    const params = JSON.parse('{"name":"a","__proto__":{"x":1}}') as JsonObject;
    expect(JSON.stringify(of("tools/call", params))).toBe('{"__proto__":{"x":1}}');
  });

  it("of a notification is all of it, of a response what it says", () => {
    const params = { requestId: 1, _meta: { traceparent: "t" } };
    expect(notificationParams({ jsonrpc: "2.0", method: "notifications/cancelled", params })).toEqual(params);
    expect(responseParams({ jsonrpc: "2.0", id: 1, result: {} })).toBeNull();
    const result = { action: "accept", content: { pin: "1" } };
    expect(responseParams({ jsonrpc: "2.0", id: 1, result })).toEqual({ result });
    const error = { code: -1, message: "no" };
    expect(responseParams({ jsonrpc: "2.0", id: 1, error })).toEqual({ error });
  });
});
