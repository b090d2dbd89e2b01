import { requireServer, startOtelCollector, type OtelCollector } from "@sark/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { acceptRecord } from "../../../events/accept-record.ts";
import { toDeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { createHostileRecords } from "../../testing/hostile-events.ts";
import { sendOnce, testContext } from "../../testing/sinks.ts";
import { otlpSchema } from "./config.ts";
import { createOtlpSink } from "./otlp-sink.ts";

let collector: OtelCollector | undefined;
afterEach(() => collector?.close());

describe.skipIf(requireServer("otelcol") === null)("createOtlpSink, to a real collector", () => {
  it("is understood: each event with its text, time, severity, trace and attributes [AUD-5]", async () => {
    collector = await startOtelCollector();
    const sink = createOtlpSink(otlpSchema.parse({ type: "otlp", url: collector.url }), testContext());
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const events = makeEvents(300, (seq) => ({
      timestamp: "2026-03-01T08:00:00.123456Z",
      trace_id: trace,
      reason: `r\u00e9ason ${seq} \u2028 "quoted" \u{1f600}`,
      ...(seq === 1 ? { decision: "deny" } : {}),
    }));
    expect(await sendOnce(sink, events)).toEqual({ kind: "delivered" });
    const records = await vi.waitFor(() => {
      const received = collector?.logRecords() ?? [];
      expect(received).toHaveLength(300);
      return received;
    });
    expect(records.map(({ body }) => (JSON.parse(body) as { reason: string }).reason)).toEqual(
      events.map(({ record }) => record.reason),
    );
    expect(records[1]).toMatchObject({
      timeUnixNano: "1772352000123456000",
      severityNumber: 13,
      severityText: "WARN",
      traceId: trace,
      attributes: {
        "sark.audit.id": events[1]?.id,
        "sark.audit.seq": "1",
        "sark.audit.decision": "deny",
        "user.id": "alice",
        "gen_ai.tool.name": "echo",
      },
    });
    await sink.close();
  });

  it("gets whatever callers can put into an event, and each event next to it [SIEM-5]", async () => {
    collector = await startOtelCollector();
    const sink = createOtlpSink(otlpSchema.parse({ type: "otlp", url: collector.url }), testContext());
    const records = createHostileRecords(11);
    const events = Array.from({ length: 60 }, (_, seq) => {
      if (seq % 2 === 0) {
        return makeEvent(seq);
      }
      const { id, canonical } = acceptRecord(records.next());
      return toDeliverableEvent(seq, id, canonical);
    });
    events.push(makeEvent(60, { timestamp: "9999-12-31T23:59:59.999999Z" }));
    for (const request of (await sink.prepare(events, Date.now())).requests) {
      expect(await sink.send(request, new AbortController().signal)).toEqual({ kind: "delivered" });
    }
    const received = await vi.waitFor(() => {
      const logs = collector?.logRecords() ?? [];
      expect(logs).toHaveLength(events.length);
      return logs;
    });
    expect(received.map(({ attributes }) => attributes["sark.audit.id"])).toEqual(events.map(({ id }) => id));
    for (const [at, event] of events.entries()) {
      if (at % 2 === 0) {
        expect(JSON.parse(received[at]?.body ?? "")).toEqual({ seq: at, ...event.record });
      }
    }
    // Later than the clock of OTLP: it has the time at which it was recorded.
    expect(received[60]).toMatchObject({
      timeUnixNano: `${Date.parse(events[60]?.recordedAt ?? "")}000000`,
      attributes: { "sark.audit.event_time": "9999-12-31T23:59:59.999999Z" },
    });
    await sink.close();
  });

  it("tries again while it is away, and delivers when it is back [SIEM-5]", async () => {
    collector = await startOtelCollector();
    const sink = createOtlpSink(otlpSchema.parse({ type: "otlp", url: collector.url }), testContext());
    await collector.kill();
    expect(await sendOnce(sink, makeEvents(3))).toMatchObject({ kind: "retry" });
    await collector.restart();
    expect(await sendOnce(sink, makeEvents(3))).toEqual({ kind: "delivered" });
    await vi.waitFor(() => expect(collector?.logRecords()).toHaveLength(3));
    await sink.close();
  });
});
