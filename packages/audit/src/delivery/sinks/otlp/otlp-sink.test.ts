import { startHttpCollector, type HttpCollector, type ReceiverFault } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, timeLimitOf, testContext } from "../../testing/sinks.ts";
import { otlpSchema } from "./config.ts";
import { createOtlpSink } from "./otlp-sink.ts";

let collector: HttpCollector;
let sinks: Sink[];
beforeEach(async () => {
  sinks = [];
  collector = await startHttpCollector();
});
afterEach(async () => {
  for (const sink of sinks) {
    await sink.close();
  }
  await collector.close();
});

function connect(context: Parameters<typeof testContext>[0] = {}): Sink {
  const settings = otlpSchema.parse({
    type: "otlp",
    url: collector.url,
    headers: { "api-key": "${K}" },
  });
  const sink = createOtlpSink(settings, testContext({ environment: { K: "otlp-credential" }, ...context }));
  sinks.push(sink);
  return sink;
}

const signal = new AbortController().signal;
const TRACE = "0af7651916cd43dd8448eb211c80319c";

describe("createOtlpSink", () => {
  it("sends log records with severity, time in nanoseconds and trace, compressed [AUD-5]", async () => {
    const events = makeEvents(100, (seq) => ({
      timestamp: "2026-03-01T08:00:00.123456Z",
      trace_id: TRACE,
      ...(seq === 1 ? { decision: "deny" } : {}),
      ...(seq === 2 ? { outcome: "timeout", trace_id: "not hex" } : {}),
    }));
    const request = await prepareOne(connect(), events);
    expect(request.sentBytes).toBeLessThan(request.contentBytes / 2);
    expect(await connect().send(request, signal)).toEqual({ kind: "delivered" });
    const [collected] = collector.collected();
    expect(collected).toMatchObject({ path: "/v1/logs", headers: { "api-key": "otlp-credential" } });
    const sent = JSON.parse(collected?.text ?? "") as {
      resourceLogs: { scopeLogs: { logRecords: object[] }[] }[];
    };
    const records = sent.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
    expect(records).toHaveLength(100);
    expect(records.slice(0, 3)).toMatchObject([
      {
        severityNumber: 9,
        timeUnixNano: "1772352000123456000",
        eventName: "sark.tool_invoke",
        traceId: TRACE,
      },
      { severityText: "WARN" },
      { severityText: "ERROR" },
    ]);
    expect(records[2]).not.toHaveProperty("traceId");
    expect(records[0]).toMatchObject({ body: { stringValue: expect.stringContaining('"seq":0') as string } });
  });

  it.each<[ReceiverFault, object]>([
    [{ kind: "response", status: 200, body: { partialSuccess: {} }, taken: true }, { kind: "delivered" }],
    [{ kind: "response", status: 204, body: "", taken: true }, { kind: "delivered" }],
    [{ kind: "response", status: 200, body: "ok", taken: true }, { kind: "delivered" }],
    [
      {
        kind: "response",
        status: 200,
        body: "<p>Log in",
        headers: { "content-type": "text/html; charset=utf-8" },
      },
      { kind: "maybe_duplicate", reason: "not a response of an OTLP receiver: <p>Log in" },
    ],
    [
      {
        kind: "response",
        status: 200,
        body: { partialSuccess: { rejectedLogRecords: "1", errorMessage: "too big" } },
      },
      { kind: "rejected", index: null, reason: /^1 of the records refused: .*too big/ },
    ],
    [
      {
        kind: "response",
        status: 200,
        body: { partialSuccess: { rejectedLogRecords: 2, errorMessage: "too big ".repeat(10_000) } },
      },
      { kind: "rejected", index: null, reason: /^2 of the records refused: / },
    ],
    [
      {
        kind: "response",
        status: 200,
        body: { partialSuccess: { rejectedLogRecords: 0, errorMessage: '"rejectedLogRecords":1' } },
      },
      { kind: "delivered" },
    ],
    [
      { kind: "response", status: 200, body: "", headers: { "content-type": "text/html" } },
      { kind: "delivered" },
    ],
    [{ kind: "response", status: 421 }, { kind: "configuration" }],
    [
      { kind: "response", status: 429, headers: { "retry-after": "1.5" } },
      { kind: "retry", afterMs: 1_500 },
    ],
    [
      { kind: "response", status: 400, body: { code: 3, message: "a record is not valid" } },
      { kind: "rejected", index: null },
    ],
    [
      { kind: "response", status: 429, headers: { "retry-after": "1" } },
      { kind: "retry", afterMs: 1_000 },
    ],
    [{ kind: "response", status: 503 }, { kind: "retry" }],
    [{ kind: "response", status: 504 }, { kind: "maybe_duplicate" }],
    [
      { kind: "response", status: 401, body: "otlp-credential" },
      { kind: "configuration", reason: /\[secret\]/ },
    ],
    [{ kind: "hang" }, { kind: "maybe_duplicate" }],
  ])("reads %j", async (fault, result) => {
    collector.faults.add(fault);
    expect(await sendOnce(connect(timeLimitOf(fault)), makeEvents(1))).toMatchObject(result);
  });

  it("checks without a request: some receivers refuse one without records, and log it each time", async () => {
    await connect().check(signal);
    expect(collector.requests()).toEqual([]);
    await collector.goDown();
    await expect(connect().check(signal)).rejects.toThrow("ECONNREFUSED");
    await collector.restore();
    expect(await sendOnce(connect({ formatName: "cef", compression: "none" }), [makeEvent(1)])).toEqual({
      kind: "delivered",
    });
  });
});
