import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { OWN_STATELESS_REVISION } from "../../mcp-protocol/revisions.ts";
import { CLIENT_CAPABILITIES_META_KEY, VERSION_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { testCaller, type TestGateway } from "./start-gateway.ts";

/** One request to the endpoint itself, without HTTP in between. */
export interface Asked {
  readonly server?: string;
  readonly method?: string;
  readonly user?: string;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export const BOTH = { accept: "application/json, text/event-stream", "content-type": "application/json" };

/** A body that is no text or buffer is sent as JSON. */
export function ask({ endpoint }: Pick<TestGateway, "endpoint">, asked: Asked): Promise<McpHttpResponse> {
  const { server = "s", method = "POST", user = "alice", headers = {}, body = null, signal } = asked;
  return endpoint.handle({
    method,
    headers: method === "POST" ? { ...BOTH, ...headers } : { accept: "text/event-stream", ...headers },
    body: body === null || body instanceof Buffer ? body : Buffer.from(asText(body), "utf8"),
    server,
    caller: testCaller(user),
    signal: signal ?? new AbortController().signal,
  });
}

/** The headers that the stateless revision wants with this message. */
export function statelessHeaders(method: string, name?: string): IncomingHttpHeaders {
  return {
    "mcp-protocol-version": OWN_STATELESS_REVISION.name,
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": name }),
  };
}

export const ENVELOPE = {
  [VERSION_META_KEY]: OWN_STATELESS_REVISION.name,
  [CLIENT_CAPABILITIES_META_KEY]: {},
};

export const requestOf = (id: number, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

/** The whole response as text. */
export async function bodyOf({ body }: McpHttpResponse): Promise<string> {
  if (body === null) {
    return "";
  }
  return body instanceof Readable ? text(body) : body.toString("utf8");
}

/** The response's JSON document. */
export async function jsonOf<T = Record<string, never>>(response: McpHttpResponse): Promise<T> {
  return JSON.parse(await bodyOf(response)) as T;
}

/** The messages of a stream, as far as it has come. */
export function messagesOf(stream: string): Record<string, unknown>[] {
  return stream
    .split("\n")
    .filter((line) => line.startsWith("data: {") || line.startsWith("data: ["))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
}

/** Reads a stream as it comes. */
export function reading(response: McpHttpResponse): { text: string; ended: boolean } {
  const state = { text: "", ended: false };
  if (!(response.body instanceof Readable)) {
    throw new Error("the response is no stream");
  }
  response.body
    .on("data", (chunk: Buffer) => (state.text += chunk.toString("utf8")))
    .on("close", () => (state.ended = true))
    .on("error", () => {});
  return state;
}

function asText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}
