import { startDatadogLogs, type DatadogLogs, type ReceiverFault } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, timeLimitOf, testContext } from "../../testing/sinks.ts";
import { datadogSchema } from "./config.ts";
import { createDatadogSink } from "./datadog-sink.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const HOUR = 3_600_000;
/** A moment shortly after the test events' own time. */
const NOW = makeEvent(0).time + HOUR;

let datadog: DatadogLogs;
let sinks: Sink[];
beforeEach(async () => {
  sinks = [];
  datadog = await startDatadogLogs({ apiKey: KEY, now: () => NOW });
});
afterEach(async () => {
  for (const sink of sinks) {
    await sink.close();
  }
  await datadog.close();
});

function connect(context: Parameters<typeof testContext>[0] = {}, key = KEY): Sink {
  const settings = datadogSchema.parse({
    type: "datadog",
    url: datadog.url,
    apiKey: "${DD_KEY}",
    tags: ["env:test"],
  });
  const sink = createDatadogSink(settings, testContext({ environment: { DD_KEY: key }, ...context }));
  sinks.push(sink);
  return sink;
}

const signal = new AbortController().signal;

describe("createDatadogSink", () => {
  it("sends entries with source, tags, service and time, compressed [SIEM-3] [SIEM-1]", async () => {
    const events = makeEvents(100, (seq) => (seq === 1 ? { decision: "deny" } : {}));
    const request = await prepareOne(connect(), events, NOW);
    expect(request.sentBytes).toBeLessThan(request.contentBytes / 2);
    expect(await connect().send(request, signal)).toEqual({ kind: "delivered" });
    expect(datadog.logs()).toHaveLength(100);
    expect(datadog.logs()[1]).toMatchObject({
      ddsource: "sark",
      ddtags: ["service:sark-gateway", "event_type:tool_invoke", "decision:deny", "env:test"],
      hostname: "gw-1",
      service: "sark-gateway",
      status: "warn",
      timestamp: makeEvent(1).time,
      message: "alice: tool_invoke echo on everything: deny (permitted by policy)",
      attributes: { audit_id: makeEvent(1).id, json: { seq: 1, decision: "deny" } },
    });
  });

  it.each([
    ["ocsf", { attributes: { ocsf: { class_uid: 6003 } } }],
    ["ecs", { attributes: { ecs: { event: { sequence: 1 } } } }],
    ["cef", { message: expect.stringMatching(/^CEF:0\|/) as string }],
  ] as const)("carries the format %s", async (formatName, log) => {
    const sink = connect({ formatName, compression: "none" });
    const request = await prepareOne(sink, [makeEvent(1, { outcome: "tool_error" })], NOW);
    await sink.send(request, signal);
    expect(datadog.logs()).toMatchObject([{ status: "error", ...log }]);
  });

  it("delivers what is outside of the time window, marked, with its true time [SIEM-5]", async () => {
    const at = (ms: number) => ({ timestamp: new Date(ms).toISOString() });
    const events = [
      makeEvent(0, at(NOW - 30 * 24 * HOUR)),
      makeEvent(1, at(NOW - 17 * HOUR)),
      makeEvent(2, at(NOW + 3 * HOUR)),
    ];
    const sink = connect();
    const request = await prepareOne(sink, events, NOW);
    expect(request.late).toBe(2);
    await sink.send(request, signal);
    expect(datadog.dropped()).toEqual([]);
    expect(datadog.logs().map(({ timestamp, attributes }) => [timestamp, attributes["late"]])).toEqual([
      [NOW, true],
      [NOW - 17 * HOUR, undefined],
      [NOW, true],
    ]);
    expect(datadog.logs()[0]?.attributes["event_time"]).toBe(events[0]?.record.timestamp);
  });

  it.each<[ReceiverFault, object]>([
    [{ kind: "code", code: 408 }, { kind: "maybe_duplicate" }],
    [{ kind: "code", code: 429 }, { kind: "retry" }],
    [{ kind: "code", code: 500, taken: true }, { kind: "maybe_duplicate" }],
    [{ kind: "code", code: 503 }, { kind: "retry" }],
    [
      { kind: "response", status: 429, headers: { "retry-after": "3" } },
      { kind: "retry", afterMs: 3_000 },
    ],
    [
      { kind: "code", code: 413 },
      { kind: "rejected", index: null },
    ],
    [
      { kind: "code", code: 400 },
      { kind: "rejected", index: null },
    ],
    [{ kind: "code", code: 401 }, { kind: "configuration" }],
    [{ kind: "code", code: 403 }, { kind: "configuration" }],
    [{ kind: "garbage" }, { kind: "maybe_duplicate" }],
    [{ kind: "hang" }, { kind: "maybe_duplicate" }],
    [{ kind: "reset-after-body", taken: true }, { kind: "maybe_duplicate" }],
  ])("reads %j", async (fault, result) => {
    datadog.faults.add(fault);
    expect(await sendOnce(connect(timeLimitOf(fault)), makeEvents(2))).toMatchObject(result);
  });

  it("keeps within 1000 entries and 5 MB, and cuts what Datadog would cut without a word", async () => {
    const sink = connect();
    const many = await sink.prepare(makeEvents(2_500), NOW);
    expect(many.requests.map(({ events }) => events.length)).toEqual([1_000, 1_000, 500]);
    const payload = (bytes: number) => ({ metadata: { text: "é".repeat(bytes / 2) } });
    const large = await sink.prepare(
      [...makeEvents(11, () => payload(900_000)), makeEvent(11, payload(1_200_000))],
      NOW,
    );
    for (const request of [...many.requests, ...large.requests]) {
      expect(await sink.send(request, signal)).toEqual({ kind: "delivered" });
    }
    expect(datadog.logs()).toHaveLength(2_512);
    expect(datadog.logs().filter(({ cut }) => cut)).toEqual([]);
    expect(large.requests.map(({ cut }) => cut)).toEqual([0, 0, 1]);
  });

  it("checks the key without sending a log, and keeps it to itself", async () => {
    await connect().check(signal);
    await expect(connect({}, "wrong").check(signal)).rejects.toThrow("status 403");
    expect(datadog.logs()).toEqual([]);
    datadog.faults.add({ kind: "response", status: 403, body: `bad key ${KEY}` });
    expect(JSON.stringify(await sendOnce(connect(), makeEvents(1)))).not.toContain(KEY);
  });

  it("goes to the intake of the site", () => {
    const settings = datadogSchema.parse({ type: "datadog", site: "datadoghq.eu", apiKey: "${K}" });
    expect(settings).toMatchObject({ site: "datadoghq.eu" });
    expect(() => datadogSchema.parse({ type: "datadog", site: "example.com", apiKey: "${K}" })).toThrow();
    expect(() => datadogSchema.parse({ type: "datadog", apiKey: "${K}", tags: ["a,b"] })).toThrow("no comma");
  });
});
