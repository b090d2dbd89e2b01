import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gzipSync } from "node:zlib";
import { startOtlpReceiver, type OtlpReceiver } from "./start-otlp-receiver.ts";

let receiver: OtlpReceiver;

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const TRACE = "5b8efff798038103d269b633813fc60c";

/** Written from the specification's mapping of OTLP to JSON. */
const span = {
  traceId: TRACE,
  spanId: "eee19b7ec3c1b174",
  parentSpanId: "eee19b7ec3c1b173",
  name: "tools/call echo",
  kind: 2,
  startTimeUnixNano: "1544712660000000000",
  endTimeUnixNano: "1544712661000000001",
  attributes: [
    { key: "mcp.method.name", value: { stringValue: "tools/call" } },
    { key: "server.port", value: { intValue: "8000" } },
    { key: "share", value: { doubleValue: 0.5 } },
    { key: "list", value: { arrayValue: { values: [{ boolValue: true }] } } },
  ],
  links: [{ traceId: TRACE, spanId: "00f067aa0ba902b7", attributes: [] }],
  events: [{ timeUnixNano: "1544712660500000000", name: "exception", attributes: [] }],
  status: { code: 2, message: "tool_error" },
};

const exported = (part: object = {}) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "gateway" } }] },
      scopeSpans: [{ scope: { name: "sark" }, spans: [{ ...span, ...part }] }],
    },
  ],
});

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(receiver.url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

describe("startOtlpReceiver", () => {
  it("decodes spans, plain and gzipped", async () => {
    const response = await post(JSON.stringify(exported()));
    expect([response.status, await response.json()]).toEqual([200, {}]);
    await post(gzipSync(JSON.stringify(exported())), { "content-encoding": "gzip" });
    const [first, second] = receiver.spans();
    expect(first).toEqual({
      traceId: TRACE,
      spanId: "eee19b7ec3c1b174",
      parentSpanId: "eee19b7ec3c1b173",
      name: "tools/call echo",
      kind: "server",
      start: 1544712660000000000n,
      end: 1544712661000000001n,
      attributes: { "mcp.method.name": "tools/call", "server.port": 8000, share: 0.5, list: [true] },
      status: "error",
      statusMessage: "tool_error",
      events: [{ name: "exception", attributes: {} }],
      links: [{ traceId: TRACE, spanId: "00f067aa0ba902b7", attributes: {} }],
      scope: "sark",
      resource: { "service.name": "gateway" },
    });
    expect(second).toEqual(first);
  });

  it.each([
    ["a trace id that is too short", { traceId: "abc" }, "traceId"],
    ["a field that OTLP does not have", { parentId: "x" }, "parentId"],
    ["a time that is no number", { endTimeUnixNano: "later" }, "endTimeUnixNano"],
  ])("refuses %s, and names it", async (_what, part, name) => {
    expect((await post(JSON.stringify(exported(part)))).status).toBe(400);
    expect(receiver.refused()[0]).toContain(name);
    expect(receiver.spans()).toEqual([]);
  });

  it("refuses what it cannot read", async () => {
    expect((await post("{")).status).toBe(400);
    expect((await post("", { "content-type": "application/x-protobuf" })).status).toBe(415);
    expect((await fetch(receiver.url)).status).toBe(404);
  });
});
