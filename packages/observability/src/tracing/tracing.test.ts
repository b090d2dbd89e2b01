import type { ServerResponse } from "node:http";
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { activeTrace } from "./active-trace.ts";
import { extractContext, injectContext } from "./propagation.ts";
import { startTracing, type TracingOptions } from "./start-tracing.ts";
import { receiveSpans } from "./testing/receive-spans.ts";
import { withSpan } from "./with-span.ts";

function start(options: Partial<TracingOptions> = {}) {
  const tracing = startTracing({
    service: "app",
    version: "1.2.3",
    environment: "test",
    sampleRatio: 1,
    ...options,
  });
  onTestFinished(() => tracing.shutdown());
  return tracing;
}

describe("export", () => {
  it("sends spans with resource, parent, kind, attributes, links and errors over OTLP/HTTP [LOG-5]", async () => {
    const { endpoint, exports, spans } = await receiveSpans();
    const { tracer, flush } = start({ endpoint });
    const linked = extractContext({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
    const links = [{ context: trace.getSpanContext(linked)! }];
    const failure = Object.assign(new TypeError("login failed, password=hunter2"), { code: "E_LOGIN" });
    await withSpan(
      tracer,
      "outer",
      { kind: SpanKind.SERVER, attributes: { "mcp.method.name": "tools/call" }, links },
      async () => {
        await expect(
          withSpan(tracer, "inner", { kind: SpanKind.CLIENT }, () => Promise.reject(failure)),
        ).rejects.toBe(failure);
      },
    );
    await flush();
    const [inner, outer] = spans();
    expect(outer).toMatchObject({
      name: "outer",
      kind: 2,
      links: [{ traceId: "0af7651916cd43dd8448eb211c80319c" }],
    });
    expect(outer?.attributes).toContainEqual({
      key: "mcp.method.name",
      value: { stringValue: "tools/call" },
    });
    expect(outer?.status.code ?? 0).toBe(SpanStatusCode.UNSET);
    expect(inner).toMatchObject({
      name: "inner",
      kind: 3,
      traceId: outer?.traceId,
      parentSpanId: outer?.spanId,
      status: { code: SpanStatusCode.ERROR, message: "login failed, password=[redacted]" },
    });
    expect(inner?.attributes).toContainEqual({ key: "error.type", value: { stringValue: "E_LOGIN" } });
    expect(inner?.events[0]?.name).toBe("exception");
    expect(JSON.stringify(exports)).not.toContain("hunter2");
    const [resourceSpans] = exports[0]!.resourceSpans;
    expect(resourceSpans?.scopeSpans[0]?.scope).toMatchObject({ name: "app", version: "1.2.3" });
    expect(resourceSpans?.resource.attributes).toEqual(
      expect.arrayContaining([
        { key: "service.name", value: { stringValue: "app" } },
        { key: "service.version", value: { stringValue: "1.2.3" } },
        { key: "deployment.environment.name", value: { stringValue: "test" } },
      ]),
    );
  });

  it("sends what is finished when it shuts down, and needs no collector to work [LOG-5]", async () => {
    const { endpoint, spans } = await receiveSpans();
    const sending = startTracing({
      service: "a",
      version: "1",
      environment: "test",
      sampleRatio: 1,
      endpoint,
    });
    sending.tracer.startSpan("last").end();
    await sending.shutdown();
    expect(spans().map((span) => span.name)).toEqual(["last"]);
    const silent = start();
    await withSpan(silent.tracer, "x", {}, (span) => expect(span.isRecording()).toBe(true));
    await silent.flush();
  });

  it("tells of spans that the collector refuses [LOG-5]", async () => {
    const { endpoint } = await receiveSpans((_request, response) => response.writeHead(400).end());
    const onDropped = vi.fn<NonNullable<TracingOptions["onDropped"]>>();
    const { tracer, flush } = start({ endpoint, onDropped });
    for (let i = 0; i < 3; i++) {
      tracer.startSpan("x").end();
    }
    await expect(flush()).rejects.toBeDefined();
    expect(onDropped.mock.calls).toEqual([[3, "rejected", "the collector responded with 400: "]]);
  });

  it("bounds what waits for a collector that hangs, and tells of each span beyond it [LOG-5]", async () => {
    const held: ServerResponse[] = [];
    const { endpoint, exports, spans } = await receiveSpans((_request, response) => held.push(response));
    const onDropped = vi.fn<NonNullable<TracingOptions["onDropped"]>>();
    const { tracer, flush } = start({ endpoint, onDropped });
    for (let i = 0; i < 512; i++) {
      tracer.startSpan("first batch").end();
    }
    await vi.waitFor(() => expect(exports).toHaveLength(1));
    for (let i = 0; i < 2048; i++) {
      tracer.startSpan("waits").end();
    }
    expect(onDropped).not.toHaveBeenCalled();
    for (let i = 0; i < 5; i++) {
      tracer.startSpan("too many").end();
    }
    expect(onDropped.mock.calls).toEqual(Array.from({ length: 5 }, () => [1, "queue_full"]));
    const flushed = flush();
    await vi.waitFor(() => {
      for (const response of held.splice(0)) {
        response.end("{}");
      }
      expect(spans()).toHaveLength(2560);
    });
    for (const response of held.splice(0)) {
      response.end("{}");
    }
    await flushed;
  });

  it("does not let a hanging collector hold up the shutdown [LOG-5]", async () => {
    const { endpoint } = await receiveSpans(() => {});
    const tracing = startTracing({
      service: "a",
      version: "1",
      environment: "test",
      sampleRatio: 1,
      endpoint,
    });
    tracing.tracer.startSpan("x").end();
    await expect(tracing.shutdown(10)).resolves.toBeUndefined();
  });

  it("each span arrives or is told of, once, whatever the collector does and when the process ends [LOG-5]", async () => {
    let requests = 0;
    let rejected = 0;
    const held: ServerResponse[] = [];
    const ways: ((response: ServerResponse) => void)[] = [
      (response) => response.end("{}"),
      (response) => {
        rejected += 7;
        response.end('{"partialSuccess":{"rejectedSpans":"7"}}');
      },
      (response) => response.end("<p>Log in"),
      (response) => response.writeHead(400).end(),
      (response) => response.writeHead(503, { "retry-after": "0" }).end(),
      (response) => response.end("{}"),
      (response) => void held.push(response),
    ];
    const taken: number[] = [];
    const { endpoint, exports } = await receiveSpans((_request, response) => {
      const way = Math.min(requests, ways.length - 1);
      requests += 1;
      if ([0, 1, 5].includes(way)) {
        taken.push(exports.at(-1)!.resourceSpans[0]!.scopeSpans[0]!.spans.length);
      }
      ways[way]!(response);
    });
    const drops: Record<string, number> = {};
    const tracing = start({
      endpoint,
      onDropped: (spans, reason) => (drops[reason] = (drops[reason] ?? 0) + spans),
    });
    const ended = 2_048 + 512 + 300;
    for (let at = 0; at < ended; at += 1) {
      tracing.tracer.startSpan("x").end();
    }
    await vi.waitFor(() => expect(taken).toHaveLength(3));
    for (let at = 0; at < 512 + 1; at += 1) {
      tracing.tracer.startSpan("held, but for the last one").end();
    }
    await vi.waitFor(() => expect(held).toHaveLength(1));
    await tracing.shutdown(1);
    tracing.tracer.startSpan("too late").end();
    const arrived = taken.reduce((sum, spans) => sum + spans, 0) - rejected;
    const dropped = Object.values(drops).reduce((sum, spans) => sum + spans, 0);
    expect(arrived + dropped).toBe(ended + 512 + 2);
    expect(drops).toEqual({ queue_full: 300, unconfirmed: 512, rejected: 512 + 7, shutdown: 512 + 2 });
  });

  it("a span is bounded and free of secrets in its name, its events and its status, too [LOG-2] [LOG-5]", async () => {
    const { endpoint, exports, spans } = await receiveSpans();
    const { tracer, flush } = start({ endpoint });
    const long = "n".repeat(1_000_000);
    const span = tracer.startSpan(`tools/call token=hunter2 ${long}`);
    span.addEvent("exception", { "exception.message": long });
    span.setStatus({ code: SpanStatusCode.ERROR, message: long });
    span.end();
    await flush();
    expect(JSON.stringify(exports).length).toBeLessThan(12_000);
    expect(JSON.stringify(exports)).not.toContain("hunter2");
    expect(spans()[0]?.name).toMatch(/^tools\/call token=\[redacted\] n+$/);
  });
});

describe("sampling", () => {
  const traceparent = (flags: string) => ({
    traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`,
  });

  it("follows the caller's decision, and else its own ratio [LOG-5]", async () => {
    const never = start({ sampleRatio: 0 });
    const always = start({ sampleRatio: 1 });
    const recorded = (tracing: typeof never, parent: Record<string, string>) =>
      withSpan(tracing.tracer, "x", { parent: extractContext(parent) }, (span) => span.isRecording());
    expect(await recorded(never, {})).toBe(false);
    expect(await recorded(always, {})).toBe(true);
    expect(await recorded(never, traceparent("01"))).toBe(true);
    expect(await recorded(always, traceparent("00"))).toBe(false);
  });

  it("records one trace in a hundred unless told, and refuses what is no share [LOG-5]", () => {
    const { tracer } = startTracing({ service: "a", version: "1", environment: "test" });
    const recorded = Array.from({ length: 20_000 }, () => tracer.startSpan("x").isRecording()).filter(
      Boolean,
    );
    expect(recorded.length).toBeGreaterThan(100);
    expect(recorded.length).toBeLessThan(350);
    expect(() => start({ sampleRatio: 2 })).toThrow(/between 0 and 1/);
    expect(() => start({ sampleRatio: Number.NaN })).toThrow(RangeError);
  });
});

describe("a trace that was not sampled", () => {
  const parents = [{}, { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" }];
  it.each(parents)(
    "is recorded when it is over, under the ids that it had, without secrets: %j [LOG-2] [LOG-5]",
    async (carrier) => {
      const { endpoint, spans, exports } = await receiveSpans();
      const { tracer, late, flush } = start({ endpoint, sampleRatio: 0 });
      const parent = extractContext(carrier);
      const ran = tracer.startSpan("call", {}, parent);
      expect(ran.isRecording()).toBe(false);
      const { traceId, spanId } = ran.spanContext();
      const now = performance.now();
      const recorded = late?.record(ran.spanContext(), parent, {
        name: "call",
        kind: SpanKind.SERVER,
        startedAt: now - 300,
        endedAt: now,
        attributes: { uri: "https://u:hunter2@h/p", card: "4111 1111 1111 1111", list: ["token=hunter2"] },
        error: "no response, token=hunter2",
        children: [{ name: "policy", startedAt: now - 250, endedAt: now - 200 }],
      });
      expect(recorded).toBe(true);
      await flush();
      const [policy, call] = spans();
      expect(call).toMatchObject({ name: "call", kind: 2, traceId, spanId, status: { code: 2 } });
      expect(call?.parentSpanId).toBe(trace.getSpanContext(parent)?.spanId);
      expect(policy).toMatchObject({ name: "policy", traceId, parentSpanId: spanId });
      expect(JSON.stringify(exports)).not.toMatch(/hunter2|4111/);
    },
  );

  it("is one of so many in a second, and none where nothing leaves the process [LOG-5]", async () => {
    const { endpoint } = await receiveSpans();
    const { tracer, late } = start({ endpoint, maxLatePerSecond: 3 });
    const ids = tracer.startSpan("x").spanContext();
    const record = () => late?.record(ids, ROOT_CONTEXT, { name: "x", startedAt: 1, endedAt: 2 });
    expect(Array.from({ length: 5 }, record)).toEqual([true, true, true, false, false]);
    expect(start({ endpoint, maxLatePerSecond: 0 }).late).toBeNull();
    expect(start().late).toBeNull();
  });
});

describe("propagation", () => {
  it("takes W3C context from a carrier and writes it to another [LOG-5]", async () => {
    const { tracer } = start();
    const carrier = {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "vendor=1",
      baggage: "tenant=acme",
      other: undefined,
    };
    const parent = extractContext(carrier);
    expect(propagation.getBaggage(parent)?.getEntry("tenant")?.value).toBe("acme");
    await withSpan(tracer, "x", { parent }, (span) => {
      const headers: Record<string, string> = { "content-type": "application/json" };
      const out = injectContext(headers);
      expect(out).toEqual({
        "content-type": "application/json",
        traceparent: `00-0af7651916cd43dd8448eb211c80319c-${span.spanContext().spanId}-01`,
        tracestate: "vendor=1",
        baggage: "tenant=acme",
      });
      expect(activeTrace()).toEqual({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: span.spanContext().spanId,
        sampled: true,
      });
    });
    expect(activeTrace()).toBeUndefined();
    expect(injectContext({})).toEqual({});
  });

  it.each([
    ["nothing", {}],
    ["garbage", { traceparent: "garbage" }],
    ["an all-zero trace id", { traceparent: "00-00000000000000000000000000000000-b7ad6b7169203331-01" }],
    [
      "something huge",
      { traceparent: "0".repeat(100_000), tracestate: "x".repeat(100_000), baggage: "=".repeat(100_000) },
    ],
    ["prototype names", JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>],
  ])("starts a new trace from %s [LOG-5]", (_what, carrier) => {
    expect(trace.getSpanContext(extractContext(carrier))).toBeUndefined();
  });

  it("does not inherit what happens to be active when the caller sent nothing [LOG-5]", async () => {
    const { tracer } = start();
    await withSpan(tracer, "around", {}, () => {
      expect(trace.getSpanContext(extractContext({}))).toBeUndefined();
    });
  });
});

describe("withSpan", () => {
  it("keeps the span active across awaits, and passes results and synchronous throws on [LOG-5]", async () => {
    const { tracer } = start();
    const result = await withSpan(tracer, "outer", {}, async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(trace.getActiveSpan()).toBe(span);
      return 5;
    });
    expect(result).toBe(5);
    const thrower = withSpan(tracer, "x", {}, () => {
      throw new RangeError("at once");
    });
    await expect(thrower).rejects.toThrow("at once");
    await expect(withSpan(tracer, "x", {}, () => Promise.reject("text"))).rejects.toBe("text");
  });

  it("works for several tracings in one process at once, each exporting its own [LOG-5]", async () => {
    const [one, two] = [await receiveSpans(), await receiveSpans()];
    const [first, second] = [
      start({ endpoint: one.endpoint }),
      start({ endpoint: two.endpoint, service: "other" }),
    ];
    await withSpan(first.tracer, "of one", {}, () => withSpan(second.tracer, "of two", {}, () => {}));
    await Promise.all([first.flush(), second.flush()]);
    expect(one.spans().map((span) => span.name)).toEqual(["of one"]);
    expect(two.spans().map((span) => span.name)).toEqual(["of two"]);
    expect(two.spans()[0]?.parentSpanId).toBe(one.spans()[0]?.spanId);
    expect(context.active()).toBeDefined();
  });
});
