import { describe, expect, it, onTestFinished } from "vitest";
import { context, ROOT_CONTEXT, trace, TraceFlags, type Context, type Span } from "@opentelemetry/api";
import { extractContext, injectContext } from "./propagation.ts";
import { createIdSource } from "./id-source.ts";
import { startTracing } from "./start-tracing.ts";

function start(sampleRatio: number) {
  const tracing = startTracing({ service: "app", version: "1", environment: "test", sampleRatio });
  onTestFinished(() => tracing.shutdown());
  return tracing.tracer;
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const parentWith = (flags: "00" | "01") =>
  extractContext({ traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}`, tracestate: "vendor=1" });

function idsOf(span: Span) {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return { traceId, spanId, traceFlags, state: traceState?.serialize() };
}

describe("which spans are recorded", () => {
  it("follows the parent's decision, whatever the ratio, and keeps its trace and state [LOG-5]", () => {
    for (const ratio of [0, 1]) {
      const tracer = start(ratio);
      const recorded = tracer.startSpan("x", {}, parentWith("01"));
      expect(recorded.isRecording()).toBe(true);
      const own = {
        traceId: TRACE,
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        state: "vendor=1",
      };
      expect(idsOf(recorded)).toEqual({ ...own, traceFlags: TraceFlags.SAMPLED });
      const not = tracer.startSpan("x", {}, parentWith("00"));
      expect(not.isRecording()).toBe(false);
      expect(idsOf(not)).toEqual({ ...own, traceFlags: TraceFlags.NONE });
      expect(not.spanContext().spanId).not.toBe("b7ad6b7169203331");
    }
  });

  it("decides by the ratio where there is no parent, or none is wanted [LOG-5]", () => {
    expect(start(0).startSpan("x").isRecording()).toBe(false);
    expect(start(1).startSpan("x").isRecording()).toBe(true);
    const cut = start(1).startSpan("x", { root: true }, parentWith("00"));
    expect(cut.isRecording()).toBe(true);
    expect(cut.spanContext().traceId).not.toBe(TRACE);
    expect(start(0).startSpan("x", { root: true }, parentWith("01")).spanContext().traceId).not.toBe(TRACE);
    const tracer = start(0.25);
    let recorded = 0;
    for (let at = 0; at < 4_000; at += 1) {
      recorded += Number(tracer.startSpan("x", {}, ROOT_CONTEXT).isRecording());
    }
    // Nine standard deviations to either side.
    expect(recorded).toBeGreaterThan(750);
    expect(recorded).toBeLessThan(1_250);
  });

  it("a span that is not recorded leads on as any other: the active one, and what is sent [LOG-5]", () => {
    const tracer = start(0);
    const seen: Span[] = [];
    const note = (span: Span): string => {
      seen.push(span);
      expect(trace.getActiveSpan()).toBe(span);
      return injectContext<{ traceparent?: string }>({}).traceparent ?? "";
    };
    const options = { attributes: { a: 1 } };
    const plain = tracer.startActiveSpan("x", note);
    const withOptions = tracer.startActiveSpan("x", options, note);
    const below: Context = parentWith("00");
    const withContext = tracer.startActiveSpan("x", options, below, note);
    expect(withContext).toContain(TRACE);
    expect([plain, withOptions, withContext]).toEqual(
      seen.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-00`),
    );
    expect(context.active()).toBe(ROOT_CONTEXT);
  });
});

it("ids have the length that W3C says, and none comes twice", () => {
  const ids = createIdSource();
  const spans = Array.from({ length: 5_000 }, () => ids.spanId());
  const traces = Array.from({ length: 5_000 }, () => ids.traceId());
  expect(spans.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  expect(traces.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(new Set([...spans, ...traces]).size).toBe(10_000);
});
