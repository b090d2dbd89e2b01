import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { startMcpServer } from "@sark/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpUpstream } from "./http-upstream.ts";

function check(url: string) {
  const upstream = createHttpUpstream({
    name: "s",
    url: new URL(url),
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 120_000,
    idleTimeoutMs: 120_000,
    maxConnections: 4,
    maxWaiting: 4,
    maxStreams: 4,
    propagateTrace: true,
    observer: () => {},
  });
  onTestFinished(() => upstream.close());
  return upstream.check(new AbortController().signal);
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const respondWith =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": type, ...headers }).end(body);
  };
const RPC_ERROR = '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}';

describe("the health of a server over HTTP", () => {
  it("is well for official servers, and opens no session there [HLT-1]", async () => {
    const server = await startMcpServer();
    onTestFinished(() => server.close());
    expect(await check(server.url)).toEqual({});
    expect(server.sessions()).toBe(0);
    const strict = await startMcpServer({ eraByMeta: true });
    onTestFinished(() => strict.close());
    expect(await check(strict.url)).toEqual({});
  });

  it.each<[string, RequestListener]>([
    ["a JSON-RPC error with 400", respondWith(400, "application/json", RPC_ERROR)],
    ["a JSON-RPC error with 404", respondWith(404, "application/json; charset=utf-8", RPC_ERROR)],
    ["a stream", respondWith(200, "text/event-stream", "")],
    ["an empty 202", respondWith(202, "text/plain", "")],
  ])("is well when it responds with %s", async (_what, listener) => {
    expect(await check(await serve(listener))).toEqual({});
  });

  it.each<[string, RequestListener, RegExp]>([
    ["401", respondWith(401, "application/json", RPC_ERROR), /credentials; check `headers`/],
    ["403", respondWith(403, "text/html", "no"), /forbids.*check `headers`/],
    ["407", respondWith(407, "text/html", "no"), /proxy/],
    [
      "404 without JSON-RPC",
      respondWith(404, "text/html", "Cannot POST /mcp"),
      /no MCP endpoint at \/mcp; check its url/,
    ],
    ["404 with other JSON", respondWith(404, "application/json", '{"detail":"Not Found"}'), /check its url/],
    ["405", respondWith(405, "text/plain", ""), /check its url/],
    ["a page", respondWith(200, "text/html", "<h1>Welcome</h1>"), /check its url/],
    ["JSON that is none of MCP", respondWith(200, "application/json", '{"ok":true}'), /check its url/],
    ["500", respondWith(500, "application/json", RPC_ERROR), /500: it fails/],
    ["503", respondWith(503, "text/html", "busy"), /503: it fails/],
    [
      "a redirect",
      respondWith(307, "text/plain", "", { location: "/mcp/?token=secret" }),
      /responded with 307; redirects are not followed, set its url to "http:\/\/127\.0\.0\.1:\d+\/mcp\/"$/,
    ],
    [
      "the retired transport",
      (request, response) => {
        if (request.method !== "GET") {
          return void response.writeHead(405).end();
        }
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("event: endpoint\ndata: /messages?sessionId=1\n\n");
      },
      /HTTP\+SSE transport is not supported: .*mcp-remote/,
    ],
  ])("is not when it responds with %s, and the reason says what to do", async (_what, listener, reason) => {
    await expect(check(await serve(listener))).rejects.toThrow(reason);
  });

  it.each<[number, RegExp]>([
    [429, /limits the gateway/],
    [422, /422 and no JSON-RPC/],
  ])("is well with a word when it responds with %i", async (status, message) => {
    expect(await check(await serve(respondWith(status, "text/plain", "x")))).toEqual({
      message: expect.stringMatching(message) as string,
    });
  });
});
