import { createAuditDatabase } from "@sark/audit/testing";
import { createAuditLog, type AuditRecord } from "@sark/audit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readResponses } from "../wire/read-responses.ts";
import type { HostileCase } from "../cases/case.ts";
import { checkGovernedCalls, type GovernedCalls } from "./governed-calls.ts";
import { leakedSecrets, logProblems } from "./log-lines.ts";
import { READERS, readLoosely } from "./loose-json.ts";
import { metricsProblems, total } from "./metrics.ts";
import { responseProblems } from "./responses.ts";

const ID = "0198f3c1-7a2e-4c31-9f2b-3d1f0a6b7c8d";
const CASE: HostileCase = { kind: "mcp", pieces: [""], whole: true };

function problems(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): string[] {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const all = { "x-correlation-id": ID, "content-type": "application/json", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} X\r\n${lines.join("")}content-length: ${Buffer.byteLength(text)}\r\n\r\n`;
  return readResponses(Buffer.from(head + text), false).flatMap((one) => responseProblems(one, CASE));
}

describe("what the fuzz looks at is found where it is", () => {
  const error = (more: object = {}) => ({
    error: { code: "not_found", message: "m", correlation_id: ID, ...more },
  });
  const rpc = (data: object | undefined) => ({
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32600, message: "m", data },
  });

  it.each<[what: string, () => string[]]>([
    ["a fault", () => problems(500, error())],
    ["no correlation id", () => problems(404, error(), { "x-correlation-id": "" })],
    ["another one in the body", () => problems(404, error({ correlation_id: "x" }))],
    ["a code that there is not", () => problems(404, error({ code: "teapot" }))],
    ["a fault by its code", () => problems(404, error({ code: "internal_error" }))],
    ["no message", () => problems(404, error({ message: "" }))],
    ["a page", () => problems(404, "<html>", { "content-type": "text/html" })],
    ["no JSON", () => problems(200, "{")],
    ["an error of MCP without a reason", () => problems(400, rpc(undefined))],
    ["one of another request", () => problems(400, rpc({ reason_code: "r", correlation_id: "x" }))],
    ["one in a batch", () => problems(200, [{ jsonrpc: "2.0", id: 1, result: {} }, rpc({})])],
    ["an event that is no JSON", () => problems(200, "data: {\n\n", { "content-type": "text/event-stream" })],
    ["a line that was brought in", () => problems(200, "x-a: b\n", { "content-type": "text/event-stream" })],
  ])("in a response: %s", (_what, find) => {
    expect(find()).not.toEqual([]);
  });

  it("and a response that is as it should be has none", () => {
    expect(problems(404, error())).toEqual([]);
    expect(problems(400, rpc({ reason_code: "r", correlation_id: ID }))).toEqual([]);
    expect(problems(200, 'data: {"a":1}\n\n', { "content-type": "text/event-stream" })).toEqual([]);
  });

  it.each([
    ["another protocol", "220 smtp\r\n\r\n"],
    ["a header that was brought in", "HTTP/1.1 200 OK\r\na b: c\r\ncontent-length: 0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n"],
    ["bytes behind it", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n{}"],
  ])("on the wire: %s", (_what, text) => {
    expect(() => readResponses(Buffer.from(text), false)).toThrow(/^(?:what is no|2 lengths)/);
  });

  it("in the log", () => {
    const line = { level: "info", timestamp: "t", message: "m" };
    expect(logProblems([JSON.stringify(line)])).toEqual([]);
    const wrong = [
      "forged",
      '{"level":"info"}',
      "null",
      JSON.stringify({ ...line, level: "error" }),
      `${JSON.stringify(line)}\u001b`,
    ];
    expect(wrong.flatMap((one) => logProblems([one]))).toHaveLength(wrong.length);
    expect(leakedSecrets("a planted b", { one: "planted", two: "other" })).toEqual(["one"]);
  });

  it("in metrics", () => {
    expect(metricsProblems('# HELP a b\na_total{x="\\n"} 1\na_total 2\n')).toEqual([]);
    expect(metricsProblems('a_total{x="\n"} 1\n')).not.toEqual([]);
    const many = Array.from({ length: 500 }, (_none, at) => `a_total{tool="${at}"} 1`).join("\n");
    expect(metricsProblems(many)).toEqual(["a_total has 500 series"]);
    expect(total('a{b="1"} 2\na{b="2"} 3\n', "a", 'b="2"')).toBe(3);
    expect(total('a{b="1"} 2\na{b="2"} 3\nab 9\n', "a")).toBe(5);
  });

  it("by readers that are not exact", () => {
    const text = '{"name":"ok","Name":"NO","name":"no","x":{"a":[1,"]",{}]}}';
    expect(READERS.map((reader) => Object(readLoosely(text, reader)).name as string)).toEqual([
      "no",
      "ok",
      "no",
      "ok",
    ]);
    expect(readLoosely(text, READERS[0] ?? { duplicates: "last", folds: false })).toEqual(JSON.parse(text));
    expect(readLoosely("{", READERS[0] ?? { duplicates: "last", folds: false })).toBeUndefined();
  });
});

describe("calls that servers got", () => {
  let database: Awaited<ReturnType<typeof createAuditDatabase>>;
  let calls: GovernedCalls;
  beforeAll(async () => {
    database = await createAuditDatabase();
    calls = checkGovernedCalls(database.url);
    const log = createAuditLog({ connectionString: database.url });
    const event: AuditRecord = {
      event_type: "tool_invoke",
      user_id: "alice",
      server_name: "loose",
      tool_name: "ok_echo",
      decision: "allow",
      reason: "r",
      timestamp: Date.now() / 1_000,
      gateway_request_id: ID,
      phase: "intent",
    };
    await log.record(event, { payloads: { arguments: { a: 1 }, policy: "full" } });
    await log.record({
      ...event,
      decision: "deny",
      phase: "decision",
      outcome: "denied",
      tool_name: "ok_other",
    });
    await log.close();
  });
  afterAll(async () => {
    await calls.close();
    await database.drop();
  });

  const call = (name: string, args: object) =>
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } });

  it.each<[what: string, body: string, found: RegExp | null]>([
    ["with other arguments", call("ok_echo", { a: 2 }), /without an intent/],
    ["with the intent's own", call("ok_echo", { a: 1 }), null],
    ["with an intent that another one has", call("ok_echo", { a: 1 }), /without an intent/],
    ["of a tool that was denied", call("ok_other", {}), /without an intent/],
    ["of a tool that is forbidden", call("forbidden", {}), /what is denied/],
    ["with an argument that is forbidden", call("ok_echo", { danger: 1 }), /what is denied/],
    [
      "that is forbidden to one reader",
      call("ok_echo", {}).replace('"name":', '"name":"forbidden","name":'),
      /what is denied/,
    ],
    [
      "that is forbidden to another one",
      call("ok_echo", {}).replace('"name":', '"Name":"forbidden","name":'),
      /what is denied/,
    ],
    ["in a batch", `[${call("ok_echo", { a: 3 })}]`, /without an intent/],
    ["that is no JSON", "{", /no JSON/],
  ])("%s", async (_what, body, found) => {
    await calls.check("loose", body);
    const problems = calls.takeProblems().join("\n");
    if (found === null) {
      expect(problems).toBe("");
    } else {
      expect(problems).toMatch(found);
    }
  });
});
