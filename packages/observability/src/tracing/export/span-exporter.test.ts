import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { TracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { expect, it, onTestFinished, vi } from "vitest";
import { receiveSpans } from "../testing/receive-spans.ts";
import type { OnDropped } from "./drop-reasons.ts";
import { createSpanExporter, type SpanExporterSettings } from "./span-exporter.ts";

function someSpans(count: number): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  const provider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => void spans.push(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  });
  for (let at = 0; at < count; at += 1) {
    provider.getTracer("test").startSpan(`span ${at}`).end();
  }
  return spans;
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

async function exporting(respond: Respond, settings: Partial<SpanExporterSettings> = {}) {
  const receiver = await receiveSpans(respond);
  const onDropped = vi.fn<OnDropped>();
  const onWarning = vi.fn<(message: string) => void>();
  const ending = new AbortController();
  const send = createSpanExporter({
    endpoint: receiver.endpoint,
    onDropped,
    onWarning,
    retryForMs: 0,
    ...settings,
  });
  return {
    receiver,
    ending,
    send: (count: number) => send(someSpans(count), ending.signal),
    dropped: () => onDropped.mock.calls.map(([spans, reason]) => [spans, reason]),
    problem: () => onDropped.mock.calls[0]?.[2],
    warnings: () => onWarning.mock.calls.flat(),
  };
}

const says =
  (status: number, body: string | Buffer = "", headers: Record<string, string> = {}): Respond =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

it.each<[string, Respond]>([
  ["nothing", says(200)],
  ["no content", says(204)],
  ["an empty object", says(200, "{}")],
  ["success of all", says(200, '{"partialSuccess":{}}')],
  ["null for it", says(200, '{"partialSuccess":null}')],
  ["zero, as text", says(200, '{"partialSuccess":{"rejectedSpans":"0"}}')],
  ["less than nothing", says(200, '{"partialSuccess":{"rejectedSpans":"-5"}}')],
  ["a member that a later version may have", says(200, '{"partialSuccess":{"other":1},"more":[]}')],
])("spans are taken where the collector responds with %s [LOG-5]", async (_what, respond) => {
  const { send, dropped, warnings } = await exporting(respond);
  expect(await send(3)).toBeNull();
  expect(dropped()).toEqual([]);
  expect(warnings()).toEqual([]);
});

it.each<[string, string | number, number]>([
  ["as text", '"2"', 2],
  ["as a number", 2, 2],
  ["more than there were", '"99999999999999"', 3],
  ["more than a number holds", "1e400", 3],
  ["a fraction", 1.5, 1],
])("rejected spans are counted, %s: %s [LOG-5]", async (_what, rejected, counted) => {
  const body = `{"partialSuccess":{"rejectedSpans":${rejected},"errorMessage":"too old"}}`;
  const { send, dropped } = await exporting(says(200, body));
  expect(await send(3)).toBe(`the collector rejected ${counted} spans: too old`);
  expect(dropped()).toEqual([[counted, "rejected"]]);
});

it("what the collector remarks on spans that it took is passed on, as much as is of use [LOG-5]", async () => {
  const errorMessage = `deprecated ${"x".repeat(10_000)}`;
  const { send, dropped, warnings } = await exporting(
    says(200, JSON.stringify({ partialSuccess: { errorMessage } })),
  );
  expect(await send(1)).toBeNull();
  expect(warnings()).toEqual([errorMessage.slice(0, 200)]);
  expect(dropped()).toEqual([]);
});

const ENDLESS: Respond = (_request, response) => {
  response.writeHead(200);
  const more = () => {
    let hasRoom = true;
    while (hasRoom) {
      hasRoom = response.write(" ".repeat(16_384));
    }
    response.once("drain", more);
  };
  more();
};

it.each<[string, Respond]>([
  ["a page", says(200, "<!doctype html><p>Log in", { "content-type": "text/html" })],
  ["text", says(200, "ok")],
  ["half an object", says(200, '{"partialSuccess":{"rejec', { "content-type": "application/json" })],
  ["a list", says(200, "[]")],
  ["null", says(200, "null")],
  ["a number of words", says(200, '{"partialSuccess":{"rejectedSpans":"many"}}')],
  ["an object for a number", says(200, '{"partialSuccess":{"rejectedSpans":{}}}')],
  [
    "Protobuf",
    says(200, Buffer.from([0x0a, 0x02, 0x08, 0x03]), { "content-type": "application/x-protobuf" }),
  ],
  ["more than is looked at", says(200, `${" ".repeat(70_000)}{}`)],
  [
    "more than is looked at, compressed",
    says(200, gzipSync(Buffer.alloc(50_000_000, " ")), { "content-encoding": "gzip" }),
  ],
  ["no end", ENDLESS],
])(
  "spans are unconfirmed, and sent once, where the collector responds with 200 and %s [LOG-5]",
  async (_what, respond) => {
    const { send, dropped, problem, receiver } = await exporting(respond, { retryForMs: 60_000 });
    expect(await send(3)).toMatch(/not OTLP/);
    expect(dropped()).toEqual([[3, "unconfirmed"]]);
    expect(problem()?.length).toBeLessThan(300);
    expect(receiver.exports).toHaveLength(1);
  },
);

it.each([400, 401, 403, 404, 500, 501])(
  "spans are rejected, and sent once, with %i [LOG-5]",
  async (status) => {
    const { send, dropped, problem, receiver } = await exporting(says(status, "x".repeat(100_000)), {
      retryForMs: 60_000,
    });
    await send(3);
    expect(dropped()).toEqual([[3, "rejected"]]);
    expect(problem()).toBe(`the collector responded with ${status}: ${"x".repeat(200)}`);
    expect(receiver.exports).toHaveLength(1);
  },
);

it.each([301, 302, 307, 308])("spans go nowhere else by a redirection: %i [LOG-5]", async (status) => {
  const elsewhere = await receiveSpans();
  const { send, dropped } = await exporting(says(status, "", { location: elsewhere.endpoint }));
  await send(1);
  expect(dropped()).toEqual([[1, "rejected"]]);
  expect(elsewhere.exports).toEqual([]);
});

it("what is too large for one request goes in smaller ones; a span that is too large alone is rejected [LOG-5]", async () => {
  const sizes: number[] = [];
  const { send, dropped, receiver } = await exporting((_request, response) => {
    const spans = receiver.exports.at(-1)?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    sizes.push(spans.length);
    const isTaken = spans.length <= 2 && !spans.some(({ name }) => name === "span 4");
    response.writeHead(isTaken ? 200 : 413).end();
  });
  await send(7);
  expect(dropped()).toEqual([[1, "rejected"]]);
  expect(sizes).toEqual([7, 3, 1, 2, 4, 2, 1, 1, 2]);
});

it.each([429, 502, 503, 504])(
  "spans are sent again after %i, no sooner than the collector says [LOG-5]",
  async (status) => {
    const times: number[] = [];
    const { send, dropped } = await exporting(
      (_request, response) => {
        times.push(performance.now());
        response.writeHead(times.length === 1 ? status : 200, { "retry-after": "1.2" }).end();
      },
      { retryForMs: 60_000 },
    );
    expect(await send(3)).toBeNull();
    expect(dropped()).toEqual([]);
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThan(1_190);
  },
);

it("a collector that asks to be left alone is, though the spans at hand are given up [LOG-5]", async () => {
  const times: number[] = [];
  const { send, dropped } = await exporting((_request, response) => {
    times.push(performance.now());
    response.writeHead(times.length === 1 ? 503 : 200, { "retry-after": "1.2" }).end();
  });
  await send(3);
  expect(dropped()).toEqual([[3, "export_failed"]]);
  expect(await send(2)).toBeNull();
  expect(dropped()).toHaveLength(1);
  expect(times[1]! - times[0]!).toBeGreaterThan(1_190);
});

it.each(["", "soon", "-1", "NaN", "1e9", "9".repeat(400), "Thu, 01 Jan 1970 00:00:00 GMT"])(
  "a time that is none, or past, does not matter: %j [LOG-5]",
  async (retryAfter) => {
    let requests = 0;
    const { send, ending } = await exporting(
      (_request, response) => {
        requests += 1;
        response.writeHead(requests === 1 ? 503 : 200, { "retry-after": retryAfter }).end();
      },
      { retryForMs: 60_000 },
    );
    // The one that is a time is hundreds of years.
    const isTime = /^9+$/.test(retryAfter);
    const sending = send(1);
    if (isTime) {
      expect(await sending).toMatch(/503/);
    } else {
      expect(await sending).toBeNull();
    }
    ending.abort();
  },
);

it.each<[string, Respond]>([
  ["never responds", () => undefined],
  [
    "sends a byte now and then",
    (_request, response) => {
      response.writeHead(200).write("{");
      const timer = setInterval(() => response.write(" "), 5);
      response.once("close", () => clearInterval(timer));
    },
  ],
  ["closes the connection", (request) => void request.socket.destroy()],
  [
    "closes it within the response",
    (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
    },
  ],
  ["speaks no HTTP", (request) => void request.socket.end("220 ready\r\n")],
])("spans are given up in time where the collector %s [LOG-5]", async (_what, respond) => {
  const { send, dropped } = await exporting(respond, { timeoutMs: 200 });
  expect(await send(3)).not.toBeNull();
  expect(dropped()).toEqual([[3, "export_failed"]]);
});

it("spans are given up where there is no collector [LOG-5]", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const { send, dropped } = await exporting(says(200), { endpoint: `http://127.0.0.1:${port}/v1/traces` });
  expect(await send(3)).toMatch(/ECONNREFUSED/);
  expect(dropped()).toEqual([[3, "export_failed"]]);
});

it.each<[string, Respond]>([
  ["while it waits to try again", says(503, "", { "retry-after": "40" })],
  ["while it is asked", () => undefined],
])("what is not sent when the process ends is dropped: %s [LOG-5]", async (_what, respond) => {
  const { send, dropped, ending, receiver } = await exporting(respond, { retryForMs: 60_000 });
  const sending = send(3);
  await vi.waitFor(() => expect(receiver.exports).toHaveLength(1));
  ending.abort();
  expect(await sending).not.toBeNull();
  expect(dropped()).toEqual([[3, "shutdown"]]);
  expect(await send(1)).not.toBeNull();
  expect(receiver.exports).toHaveLength(1);
});

it("user and password of the address are sent as a header [LOG-5]", async () => {
  const seen: (string | undefined)[] = [];
  const receiver = await receiveSpans((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  const onDropped = vi.fn<OnDropped>();
  const send = createSpanExporter({
    endpoint: receiver.endpoint.replace("http://", "http://me:p%40ss@"),
    onDropped,
    onWarning: () => undefined,
  });
  expect(await send(someSpans(1), new AbortController().signal)).toBeNull();
  expect(seen).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  onTestFinished(() => expect(onDropped).not.toHaveBeenCalled());
});
