import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { Rejection } from "../errors/rejection.ts";
import { DEFAULT_MCP_LIMITS } from "../contract/limits.ts";
import type { Era } from "../../mcp-protocol/rules/revision.ts";
import { subjectsOf } from "./subjects.ts";

const subjects = (method: string, params?: JsonObject, era: Era = "session") =>
  subjectsOf(
    { jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) },
    era,
    DEFAULT_MCP_LIMITS,
  );

describe("what a request is about", () => {
  it.each<[string, JsonObject | undefined, object]>([
    [
      "tools/call",
      { name: "add", arguments: { a: 1 } },
      { kind: "tool", target: "add", arguments: { a: 1 } },
    ],
    ["tools/call", { name: "add" }, { kind: "tool", target: "add", arguments: null }],
    [
      "prompts/get",
      { name: "p", arguments: { a: "1" } },
      { kind: "prompt", target: "p", arguments: { a: "1" } },
    ],
    ["resources/read", { uri: "file:///x" }, { kind: "resource", target: "file:///x", arguments: null }],
    ["resources/subscribe", { uri: "file:///x" }, { kind: "resource", target: "file:///x" }],
    ["resources/unsubscribe", { uri: "file:///x" }, { kind: "session", target: "file:///x" }],
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: "p" } },
      { kind: "prompt", target: "p", arguments: null },
    ],
    [
      "completion/complete",
      { ref: { type: "ref/resource", uri: "a://{b}" } },
      { kind: "resource", target: "a://{b}" },
    ],
    ["tasks/result", { taskId: "t" }, { kind: "other", target: "t" }],
    ["tasks/list", undefined, { kind: "other", target: null }],
    ["tools/list", undefined, { kind: "listing", target: null }],
    ["resources/templates/list", {}, { kind: "listing", target: null }],
    ["initialize", {}, { kind: "session", target: null }],
    ["server/discover", {}, { kind: "session", target: null }],
    ["roots/list", undefined, { kind: "other", target: null }],
    ["vendor/thing", { name: "x" }, { kind: "other", target: null, arguments: null }],
  ])("%s %j", (method, params, subject) => {
    expect(subjects(method, params)).toMatchObject([subject]);
  });

  it("a subscription is about each of its resources", () => {
    const listen = (notifications: JsonObject) =>
      subjects("subscriptions/listen", { notifications }, "stateless");
    expect(listen({ toolsListChanged: true })).toMatchObject([{ kind: "session", target: null }]);
    expect(listen({ resourceSubscriptions: ["a://1", "a://2"] })).toMatchObject([
      { kind: "resource", target: "a://1" },
      { kind: "resource", target: "a://2" },
    ]);
    expect(() => listen({ resourceSubscriptions: "a://1" })).toThrow(Rejection);
    expect(() => listen({ resourceSubscriptions: [1] })).toThrow(Rejection);
    expect(() => listen({ resourceSubscriptions: Array.from({ length: 101 }, () => "a://1") })).toThrow(
      Rejection,
    );
  });

  it("what a revision removed is an unknown method there, unless it still asks for something", () => {
    expect(subjects("resources/subscribe", {}, "stateless")).toMatchObject([{ kind: "other", target: null }]);
    expect(subjects("resources/subscribe", { uri: "a://1" }, "stateless")).toMatchObject([
      { kind: "resource" },
    ]);
  });

  it.each<[string, JsonObject | undefined]>([
    ["tools/call", undefined],
    ["tools/call", { name: 1 }],
    ["tools/call", { name: "" }],
    ["tools/call", { name: ["add"] }],
    ["tools/call", { name: "a\u0000b" }],
    ["tools/call", { name: "a\nb" }],
    ["tools/call", { name: "a\u009bb" }],
    ["tools/call", { name: "\ud800" }],
    ["tools/call", { name: "x".repeat(257) }],
    ["tools/call", { name: "add", arguments: [1] }],
    ["tools/call", { name: "add", arguments: null }],
    ["resources/read", { uri: "x".repeat(8_193) }],
    ["resources/read", { name: "add" }],
    ["completion/complete", { ref: { type: "ref/tool", name: "x" } }],
    ["completion/complete", {}],
    ["tasks/cancel", {}],
  ])("refuses %s %j: it would not be known what was decided about", (method, params) => {
    expect(() => subjects(method, params)).toThrow(expect.objectContaining({ type: "invalid_params" }));
  });

  it.each(["Tools/Call", "TOOLS/LIST", "resources/Read"])(
    "refuses %s, which a lenient server would run",
    (method) => {
      expect(() => subjects(method, { name: "x" })).toThrow(
        expect.objectContaining({ type: "invalid_method" }),
      );
    },
  );
});
