import { getEventListeners } from "node:events";
import { text } from "node:stream/consumers";
import {
  brotliCompressSync,
  createDeflateRaw,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UpstreamError, type UpstreamRequest } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamEvent } from "../contract/observer.ts";
import { failure } from "../testing/failure.ts";
import { serveHttp, serveHttps, serveRaw } from "../testing/http-servers.ts";
import { LOOPBACK_CERTIFICATE } from "../testing/loopback-certificate.ts";
import { createHttpUpstream, type HttpUpstreamOptions } from "./http-upstream.ts";

const closers: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

async function serve(listener: Parameters<typeof serveHttp>[0]): Promise<URL> {
  const server = await serveHttp(listener);
  closers.push(() => server[Symbol.asyncDispose]());
  return server.url;
}

async function raw(onData: Parameters<typeof serveRaw>[0]) {
  const server = await serveRaw(onData);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

function connect(
  url: URL,
  overrides: Partial<HttpUpstreamOptions> = {},
): { upstream: ObservedUpstream; events: UpstreamEvent[] } {
  const events: UpstreamEvent[] = [];
  const upstream = createHttpUpstream({
    name: "files",
    url,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 120_000,
    idleTimeoutMs: 120_000,
    maxConnections: 4,
    maxWaiting: 16,
    maxStreams: 4,
    propagateTrace: true,
    observer: (_name, event) => events.push(event),
    ...overrides,
  });
  closers.push(() => upstream.close());
  return { upstream, events };
}

function post(overrides: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    messages: [{ jsonrpc: "2.0", id: 1, method: "ping" }],
    body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'),
    signal: new AbortController().signal,
    caller: null,
    ...overrides,
  };
}

const GET = { method: "GET", messages: null, body: null } as const;

describe("an exchange over HTTP", () => {
  it("passes bytes, status and end-to-end headers through, and adds the configured headers", async () => {
    let seen: Record<string, unknown> = {};
    const url = await serve(async (request, response) => {
      seen = { url: request.url, headers: request.headers, body: await text(request) };
      response.writeHead(202, {
        "content-type": "application/json",
        "mcp-session-id": "s1",
        "set-cookie": ["a=b", "c=d"],
        connection: "x-private, keep-alive",
        "x-private": "1",
      });
      response.end('{"ok":true}');
    });
    const { upstream } = connect(url, { headers: () => ({ authorization: "Bearer upstream-secret" }) });
    const response = await upstream.exchange(
      post({ headers: { "x-a": "1", authorization: "Bearer caller", host: "evil", "content-length": "9" } }),
    );
    expect(response.status).toBe(202);
    expect(response.headers["mcp-session-id"]).toBe("s1");
    expect(Object.keys(response.headers)).not.toContain("set-cookie");
    expect(Object.keys(response.headers)).not.toContain("x-private");
    expect(Object.keys(response.headers)).not.toContain("connection");
    expect(await text(response.body)).toBe('{"ok":true}');
    expect(seen).toMatchObject({
      url: "/mcp?x=1",
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      headers: {
        "x-a": "1",
        authorization: "Bearer upstream-secret",
        "accept-encoding": "identity",
        host: url.host,
        "content-length": "40",
      },
    });
  });

  it("delivers each event of a stream before the next is written", async () => {
    const gate = Promise.withResolvers<void>();
    const url = await serve(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
      await gate.promise;
      response.end("data: 2\n\n");
    });
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    const chunks: string[] = [];
    body.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
    await vi.waitFor(() => expect(chunks).toEqual(["data: 1\n\n"]));
    gate.resolve();
    await vi.waitFor(() => expect(chunks).toEqual(["data: 1\n\n", "data: 2\n\n"]));
  });

  it("stops reading upstream while its own reader does not read", async () => {
    let written = 0;
    let full = false;
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (written < 256 * 1024 * 1024 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) {
            full = true;
            response.once("drain", more);
            return;
          }
          full = false;
        }
      };
      more();
    });
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    let last = -1;
    await vi.waitFor(
      () => {
        const steady = full && written === last;
        last = written;
        expect(steady).toBe(true);
      },
      { interval: 200, timeout: 20_000 },
    );
    expect(written).toBeLessThan(64 * 1024 * 1024);
    body.destroy();
  });

  it("decodes a response that is compressed although identity was asked for", async () => {
    const url = await serve((request, response) => {
      const coding = String(request.headers["x-coding"]);
      response.writeHead(200, { "content-encoding": coding, "content-type": "application/json" });
      response.end(coding === "gzip" ? gzipSync('{"a":1}') : "junk");
    });
    const { upstream } = connect(url);
    const response = await upstream.exchange(post({ headers: { "x-coding": "gzip" } }));
    expect(response.headers["content-encoding"]).toBeUndefined();
    expect(await text(response.body)).toBe('{"a":1}');
    expect((await failure(upstream.exchange(post({ headers: { "x-coding": "rot13" } })))).code).toBe(
      "upstream_garbage",
    );
    const broken = await upstream.exchange(post({ headers: { "x-coding": "br" } }));
    expect((await failure(text(broken.body))).code).toBe("upstream_garbage");
    await vi.waitFor(() => expect(upstream.stats()["calls"]?.inUse).toBe(0));
  });
});

describe("faults of an HTTP upstream", () => {
  it.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    // Bare, as some servers send it, at every level: the first byte differs.
    ...[0, 1, 6, 9].map((level) => ["deflate", (from: Buffer) => deflateRawSync(from, { level })] as const),
    ["Deflate ", (from: Buffer) => deflateSync(from, { windowBits: 9, level: 0 })],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ] as const)("takes off %s, however it comes in pieces", async (coding, encode) => {
    const sent = `{"text":"${"ü".repeat(70_000)}"}`;
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": coding, "content-type": "application/json" });
      const encoded = encode(Buffer.from(sent));
      response.write(encoded.subarray(0, 1));
      response.write(encoded.subarray(1, 5));
      response.end(encoded.subarray(5));
    });
    const { upstream } = connect(url);
    expect(await text((await upstream.exchange(post())).body)).toBe(sent);
    await vi.waitFor(() => expect(upstream.stats()["calls"]?.inUse).toBe(0));
  });

  it("passes each event of a stream on that is deflated without a header", async () => {
    const gate = Promise.withResolvers<void>();
    const url = await serve(async (_request, response) => {
      response.writeHead(200, { "content-encoding": "deflate", "content-type": "text/event-stream" });
      const deflate = createDeflateRaw();
      deflate.pipe(response);
      deflate.write("data: 1\n\n");
      deflate.flush();
      await gate.promise;
      deflate.end("data: 2\n\n");
    });
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    let seen = "";
    body.setEncoding("utf8").on("data", (chunk: string) => (seen += chunk));
    await vi.waitFor(() => expect(seen).toBe("data: 1\n\n"));
    gate.resolve();
    await vi.waitFor(() => expect(seen).toBe("data: 1\n\ndata: 2\n\n"));
  });

  it.each([
    ["deflate", ""],
    ["deflate", "x"],
    ["deflate", deflateRawSync("x".repeat(9_999)).subarray(0, -5)],
    ["gzip", ""],
    ["gzip, deflate", gzipSync(deflateSync("{}"))],
  ])("fails for a body that is not what %s makes", async (coding, sent) => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": coding });
      response.end(sent);
    });
    const { upstream } = connect(url);
    const read = async () => {
      const body = await text((await upstream.exchange(post())).body);
      if (body === "") {
        throw new UpstreamError("upstream_garbage", "nothing at all");
      }
    };
    expect((await failure(read())).code).toBe("upstream_garbage");
    await vi.waitFor(() => expect(upstream.stats()["calls"]?.inUse).toBe(0));
  });

  it("reports a refused connection as upstream_unreachable, also for those that wait", async () => {
    const closed = await serveHttp(() => {});
    await closed[Symbol.asyncDispose]();
    const url = closed.url;
    const { upstream, events } = connect(url, { maxConnections: 2 });
    const errors = await Promise.all(Array.from({ length: 8 }, () => failure(upstream.exchange(post()))));
    expect(errors.map((error) => error.code)).toEqual(Array(8).fill("upstream_unreachable"));
    expect(errors[0]?.cause).toMatchObject({ code: "ECONNREFUSED" });
    expect(events.filter((event) => event.type === "failed")).toHaveLength(8);
    expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 });
    expect((await failure(upstream.check(new AbortController().signal))).code).toBe("upstream_unreachable");
  });

  it("reports a server that never responds as upstream_timeout and closes the connection", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((request) => request.socket.once("close", () => closed.resolve()));
    const { upstream } = connect(url, { headersTimeoutMs: 100 });
    const error = await failure(upstream.exchange(post()));
    expect(error.code).toBe("upstream_timeout");
    expect(error.message).toContain("sent no response within 100 ms");
    await closed.promise;
    await vi.waitFor(() => expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, size: 0 }));
  });

  it("reports a body that falls silent as upstream_timeout", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    });
    const { upstream, events } = connect(url, { idleTimeoutMs: 300 });
    const { body } = await upstream.exchange(post());
    expect((await failure(text(body))).code).toBe("upstream_timeout");
    expect(events).toMatchObject([{ type: "failed", code: "upstream_timeout" }]);
  });

  it("lets a GET stream be silent for longer than the idle timeout", async () => {
    const gate = Promise.withResolvers<void>();
    const url = await serve(async (request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
      if (request.method === "GET") {
        await gate.promise;
        response.end("data: 2\n\n");
      }
    });
    const { upstream } = connect(url, { idleTimeoutMs: 300 });
    const stream = await upstream.exchange(post(GET));
    const call = await upstream.exchange(post());
    expect((await failure(text(call.body))).code).toBe("upstream_timeout");
    gate.resolve();
    expect(await text(stream.body)).toBe("data: 1\n\ndata: 2\n\n");
  });

  it("errors the body with upstream_died when the server dies in its middle", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n", () => response.destroy());
    });
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    const error = await failure(text(body));
    expect(error.code).toBe("upstream_died");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ["no HTTP at all", "I am not HTTP\r\n\r\n", "upstream_garbage"],
    ["a head without end", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n`, "upstream_garbage"],
    [
      "a redirect",
      "HTTP/1.1 307 T\r\nlocation: http://x/\r\ncontent-length: 0\r\n\r\n",
      "upstream_redirected",
    ],
    ["nothing", "", "upstream_died"],
  ])("refuses %s", async (_what, bytes, code) => {
    const { url } = await raw((socket) => socket.end(bytes));
    const { upstream } = connect(url);
    expect((await failure(upstream.exchange(post()))).code).toBe(code);
    await vi.waitFor(() => expect(upstream.stats()["calls"]?.inUse).toBe(0));
  });

  it("errors the body when fewer bytes come than were announced", async () => {
    const { url } = await raw((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc"));
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    expect((await failure(text(body))).code).toBe("upstream_died");
  });
});

describe("an HTTP upstream over TLS", () => {
  it("is trusted only with the configured authority", async () => {
    await using server = await serveHttps((_request, response) => response.end("{}"));
    const trusted = connect(server.url, { ca: () => LOOPBACK_CERTIFICATE });
    expect(await text((await trusted.upstream.exchange(post())).body)).toBe("{}");
    await trusted.upstream.close();
    const distrusted = connect(server.url);
    const error = await failure(distrusted.upstream.exchange(post()));
    expect(error).toMatchObject({
      code: "upstream_unreachable",
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });
});

describe("cancelling an HTTP exchange", () => {
  /** Tells when the request arrived and when its connection was closed. */
  async function serveForever(head: boolean) {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const url = await serve((request, response) => {
      request.socket.once("close", () => closed.resolve());
      if (head) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: 1\n\n");
      }
      arrived.resolve();
    });
    return { url, arrived: arrived.promise, closed: closed.promise };
  }

  it("ends it upstream when the signal is aborted before the head", async () => {
    const { url, arrived, closed } = await serveForever(false);
    const { upstream } = connect(url);
    const abort = new AbortController();
    const pending = upstream.exchange(post({ signal: abort.signal }));
    await arrived;
    abort.abort();
    expect((await failure(pending)).code).toBe("cancelled");
    await closed;
    await vi.waitFor(() => expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 }));
  });

  it("ends it upstream when the signal is aborted within the body", async () => {
    const { url, closed } = await serveForever(true);
    const { upstream } = connect(url);
    const abort = new AbortController();
    const { body } = await upstream.exchange(post({ signal: abort.signal }));
    abort.abort();
    expect((await failure(text(body))).code).toBe("cancelled");
    await closed;
    await vi.waitFor(() => expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 }));
  });

  it("ends it upstream when the body is destroyed", async () => {
    const { url, closed } = await serveForever(true);
    const { upstream, events } = connect(url);
    const { body } = await upstream.exchange(post());
    body.destroy();
    await closed;
    await vi.waitFor(() => expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 }));
    expect(events).toEqual([]);
  });

  it("fails one that still waits for a connection at once, and never sends it", async () => {
    const held: (() => void)[] = [];
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      held.push(() => response.end("{}"));
    });
    const { upstream } = connect(url, { maxConnections: 1, maxWaiting: 1 });
    const first = upstream.exchange(post());
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const abort = new AbortController();
    const second = upstream.exchange(post({ signal: abort.signal }));
    expect(upstream.stats()["calls"]).toMatchObject({ inUse: 1, waiting: 1, limit: 1 });
    expect((await failure(upstream.exchange(post()))).code).toBe("upstream_overloaded");
    abort.abort();
    expect((await failure(second)).code).toBe("cancelled");
    held.shift()?.();
    expect(await text((await first).body)).toBe("{}");
    await vi.waitFor(() => expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 }));
    expect(requests).toBe(1);
  });

  it("refuses a request that was cancelled before it began", async () => {
    const url = await serve((_request, response) => response.end());
    const { upstream } = connect(url);
    expect((await failure(upstream.exchange(post({ signal: AbortSignal.abort() })))).code).toBe("cancelled");
    expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0, waiting: 0 });
  });
});

describe("the pools of an HTTP upstream", () => {
  it("keeps streams from using up the connections of calls", async () => {
    const url = await serve((request, response) => {
      if (request.method === "GET") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.flushHeaders();
      } else {
        response.end("{}");
      }
    });
    const { upstream } = connect(url, { maxConnections: 1, maxStreams: 2 });
    const listen = post({ messages: [{ jsonrpc: "2.0", id: 1, method: "subscriptions/listen" }] });
    const open = await upstream.exchange(post(GET));
    expect((await upstream.exchange(listen)).status).toBe(200);
    await vi.waitFor(() => expect(upstream.stats()["streams"]?.inUse).toBe(1));
    const second = await upstream.exchange(post(GET));
    expect((await failure(upstream.exchange(post(GET)))).code).toBe("upstream_overloaded");
    for (let n = 0; n < 5; n += 1) {
      expect(await text((await upstream.exchange(post())).body)).toBe("{}");
    }
    expect(upstream.stats()["calls"]).toMatchObject({ size: 1, inUse: 0 });
    open.body.destroy();
    second.body.destroy();
    await vi.waitFor(() => expect(upstream.stats()["streams"]).toMatchObject({ inUse: 0 }));
  });

  it("leaves no listener on the signals of its callers", async () => {
    const url = await serve((_request, response) => response.end("{}"));
    const { upstream } = connect(url);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 8 }, async () =>
      text((await upstream.exchange(post({ signal }))).body),
    );
    await Promise.all(calls);
    await upstream.close();
    await failure(upstream.exchange(post({ signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends what is in flight when it is closed", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write("x");
    });
    const { upstream } = connect(url);
    const { body } = await upstream.exchange(post());
    const ended = failure(text(body));
    await upstream.close();
    expect((await ended).code).toBe("upstream_unreachable");
    expect((await failure(upstream.exchange(post()))).code).toBe("upstream_unreachable");
  });
});

describe("a body that has arrived whole", () => {
  const short = '{"jsonrpc":"2.0","id":1,"result":{}}';
  /** What is waited for comes, or does not, long before. */
  const LONG_MS = 60_000;

  it("is taken without being read as a stream, once, and its connection serves the next exchange", async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.setHeader("content-length", short.length);
      response.end(short);
    });
    const { upstream } = connect(url, { maxConnections: 1 });
    for (let exchange = 0; exchange < 3; exchange += 1) {
      const response = await upstream.exchange(post());
      expect((await response.takeWhole?.(LONG_MS))?.toString()).toBe(short);
      expect(response.body.destroyed).toBe(true);
      expect(await response.takeWhole?.(LONG_MS)).toBe(null);
      expect(upstream.stats()["calls"]).toMatchObject({ inUse: 0 });
    }
    expect(ports.size).toBe(1);
  });

  it("is taken where it comes after its head, with its end", async () => {
    let send = (): void => undefined;
    const url = await serve((_request, response) => {
      response.flushHeaders();
      send = () => void response.end(short);
    });
    const response = await connect(url).upstream.exchange(post());
    const whole = response.takeWhole?.(LONG_MS);
    send();
    expect((await whole)?.toString()).toBe(short);
  });

  it("is none while the server still sends, or says nothing for too long, nor when it has been read or left", async () => {
    let finish = (): void => undefined;
    const url = await serve((_request, response) => {
      response.write(short.slice(0, 10));
      finish = () => void response.end(short.slice(10));
    });
    const { upstream } = connect(url);
    const response = await upstream.exchange(post());
    expect(await response.takeWhole?.(LONG_MS)).toBe(null);
    finish();
    expect(await text(response.body)).toBe(short);
    expect(await response.takeWhole?.(LONG_MS)).toBe(null);
    const left = await upstream.exchange(post());
    left.body.destroy();
    expect(await left.takeWhole?.(LONG_MS)).toBe(null);
    const silent = await serve((_request, reply) => reply.flushHeaders());
    expect(await (await connect(silent).upstream.exchange(post())).takeWhole?.(1)).toBe(null);
  });

  it("is none where the exchange is cancelled while it is waited for, or breaks off", async () => {
    const url = await serve((_request, response) => response.flushHeaders());
    const controller = new AbortController();
    const { upstream } = connect(url);
    const response = await upstream.exchange(post({ signal: controller.signal }));
    const whole = response.takeWhole?.(LONG_MS);
    controller.abort();
    expect(await whole).toBe(null);
    const broken = await serve((_request, reply) => {
      reply.flushHeaders();
      setImmediate(() => reply.destroy());
    });
    expect(await (await connect(broken).upstream.exchange(post())).takeWhole?.(LONG_MS)).toBe(null);
  });
});
