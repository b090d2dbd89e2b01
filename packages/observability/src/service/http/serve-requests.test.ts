import { once } from "node:events";
import { createServer, request as send, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SpanKind } from "@opentelemetry/api";
import { expect, it, onTestFinished, vi } from "vitest";
import { mergeCatalogs } from "../../metrics/catalog.ts";
import { createInstruments } from "../create-instruments.ts";
import { instrumentCatalog } from "../instrument-catalog.ts";
import { receiveSpans } from "../../tracing/testing/receive-spans.ts";
import { httpServerCatalog } from "./catalog.ts";
import { setRoute } from "./request-spans.ts";
import { createServe, type RequestHandler } from "./serve-requests.ts";

async function serve(handler: RequestHandler, sampleRatio = 1, slowerThanMs = 60_000) {
  const collector = await receiveSpans();
  const lines: Record<string, unknown>[] = [];
  const { logger, tracing, recorder } = createInstruments({
    service: "shop",
    version: "1",
    environment: "test",
    catalog: mergeCatalogs(instrumentCatalog, httpServerCatalog),
    logging: {
      destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    },
    tracing: { endpoint: collector.endpoint, sampleRatio },
  });
  onTestFinished(() => tracing.shutdown());
  const server = createServer(
    createServe({ logger, tracing, recorder, slowerThanMs })((...both) => {
      logger.info({}, "received");
      return handler(...both);
    }),
  );
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** The spans of requests whose responses have ended. */
  async function spans(count: number) {
    await vi.waitFor(async () =>
      expect((await durations()).reduce((sum, { value }) => sum + value, 0)).toBe(count),
    );
    await tracing.flush();
    return collector.spans();
  }
  async function durations() {
    return (await recorder.series()).filter(
      ({ name }) => name === "http_server_request_duration_seconds_count",
    );
  }
  return { url, lines, logger, recorder, spans, durations };
}

it("a request has a span, a duration and an id on its lines, also where they come after its body [LOG-1] [LOG-5]", async () => {
  const { url, lines, logger, spans, durations } = await serve((request, response) => {
    setRoute("/orders/:id");
    // As a framework that listens by itself, without a promise.
    request.on("data", (body: Buffer) => logger.info({ body: String(body) }, "read"));
    request.on("end", () => {
      logger.info({}, "ended");
      response.end("done");
    });
  });
  const posted = send(`${url}/orders/7?secret=x`, {
    method: "POST",
    headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  });
  posted.flushHeaders();
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  // In a packet of its own: it is read in the context of the connection.
  const responding = once(posted.end("one"), "response") as Promise<[IncomingMessage]>;
  const [response] = await responding;
  expect(await text(response)).toBe("done");
  const [span] = await spans(1);
  const correlation = response.headers["x-correlation-id"];
  const trace_id = "0af7651916cd43dd8448eb211c80319c";
  expect(
    lines.map((line) => [line["message"], line["correlation_id"], line["trace_id"], line["span_id"]]),
  ).toEqual(
    expect.arrayContaining(
      ["received", "read", "ended"].map((message) => [message, correlation, trace_id, span?.spanId]),
    ),
  );
  expect(span).toMatchObject({
    name: "POST /orders/:id",
    kind: SpanKind.SERVER + 1,
    traceId: trace_id,
    parentSpanId: "b7ad6b7169203331",
  });
  expect(span?.attributes).toEqual(
    expect.arrayContaining([
      { key: "http.request.method", value: { stringValue: "POST" } },
      { key: "url.path", value: { stringValue: "/orders/7" } },
      { key: "http.route", value: { stringValue: "/orders/:id" } },
      { key: "http.response.status_code", value: { intValue: 200 } },
    ]),
  );
  expect(await durations()).toMatchObject([
    {
      labels: {
        http_request_method: "POST",
        http_route: "/orders/:id",
        http_response_status_code: "200",
      },
      value: 1,
    },
  ]);
});

it("a request that fails is logged, is a 500, and is traced though it was not sampled; one that does not is not [LOG-5]", async () => {
  const { url, lines, spans } = await serve((request, response) => {
    if (request.url === "/thrown") {
      throw new TypeError("no stock");
    }
    if (request.url === "/rejected") {
      return Promise.reject(new RangeError("no stock"));
    }
    response.writeHead(request.url === "/bad" ? 503 : 200).end();
    return undefined;
  }, 0);
  const statuses = [];
  for (const path of ["/thrown", "/rejected", "/bad", "/good"]) {
    statuses.push((await fetch(url + path)).status);
  }
  expect(statuses).toEqual([500, 500, 503, 200]);
  const recorded = await spans(4);
  const attribute = (span: (typeof recorded)[number], name: string) =>
    span.attributes.find(({ key }) => key === name)?.value["stringValue"];
  expect(
    recorded.map((span) => [attribute(span, "url.path"), attribute(span, "error.type"), span.status.code]),
  ).toEqual([
    ["/thrown", "TypeError", 2],
    ["/rejected", "RangeError", 2],
    ["/bad", "503", 2],
  ]);
  const failed = lines.filter(({ message }) => message === "the request failed");
  expect(failed.map((line) => [line["trace_id"], line["span_id"]])).toEqual(
    recorded.slice(0, 2).map((span) => [span.traceId, span.spanId]),
  );
});

it("one that takes long is traced, one whose client leaves is counted without a status, and none is active after [LOG-5]", async () => {
  const { url, recorder, spans, durations } = await serve(() => undefined, 0, 0);
  const leaving = send(url, { method: "PURGE" }).on("error", () => undefined);
  leaving.end();
  await vi.waitFor(async () => {
    const active = (await recorder.series()).find(
      ({ name, labels }) =>
        name === "http_server_active_requests" && labels["http_request_method"] === "_OTHER",
    );
    expect(active).toMatchObject({ value: 1 });
  });
  leaving.destroy();
  const [span] = await spans(1);
  expect(span).toMatchObject({ name: "HTTP", status: {} });
  expect(span?.attributes).toContainEqual({
    key: "http.request.method_original",
    value: { stringValue: "PURGE" },
  });
  expect(await durations()).toMatchObject([
    { labels: { http_request_method: "_OTHER", http_route: "none", http_response_status_code: "none" } },
  ]);
  expect(
    (await recorder.series()).filter(({ name }) => name === "http_server_active_requests"),
  ).toMatchObject(expect.arrayContaining([expect.objectContaining({ value: 0 })]));
});
