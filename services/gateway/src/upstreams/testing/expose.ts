import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { buffer } from "node:stream/consumers";
import type { JsonRpcMessage } from "../../domain/json-rpc.ts";
import { type Upstream, UpstreamError, type UpstreamRequest } from "../../domain/upstream.ts";
import { type LocalServer, serveHttp } from "./http-servers.ts";

/** Puts an upstream's `exchange()` behind a real HTTP endpoint, so that official clients can prove it; test code. */
export function expose(upstream: Upstream): Promise<LocalServer> {
  return serveHttp(async (request, response) => {
    const left = new AbortController();
    response.once("close", () => left.abort());
    try {
      const received = await upstream.exchange(await toUpstreamRequest(request, left.signal));
      response.writeHead(received.status, received.headers);
      response.flushHeaders();
      await pipeline(received.body, response);
    } catch (error) {
      fail(response, error);
    }
  });
}

async function toUpstreamRequest(request: IncomingMessage, signal: AbortSignal): Promise<UpstreamRequest> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = String(value);
  }
  if (request.method !== "POST") {
    const method = request.method === "DELETE" ? "DELETE" : "GET";
    return { method, headers, messages: null, body: null, signal, caller: null };
  }
  const body = await buffer(request);
  const parsed: JsonRpcMessage | JsonRpcMessage[] = JSON.parse(body.toString());
  return {
    method: "POST",
    headers,
    messages: Array.isArray(parsed) ? parsed : [parsed],
    body,
    signal,
    caller: null,
  };
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const code = error instanceof UpstreamError ? error.code : "bug";
  response.writeHead(502, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32603, message: code } }));
}
