import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION } from "@sark/testkit";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { Agent, request } from "undici";
import { undocumented } from "./documented-responses.ts";

/** What a raw client sends; a body that is no text or bytes is sent as JSON. */
export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** How it is connected. Default: in plain text. */
  readonly dispatcher?: Agent;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The JSON document, or the last message of an event stream; `undefined` for anything else. */
  readonly json: unknown;
}

// A connection for each request, so that none is left open behind a test's back.
const plain = new Agent({ pipelining: 0 });

export async function send(
  base: string,
  { method = "POST", path, headers = {}, body, signal, dispatcher = plain }: RawRequest,
): Promise<RawResponse> {
  const sendsJson = method === "POST" || method === "PUT";
  const defaults = sendsJson ? { accept: BOTH, "content-type": "application/json" } : {};
  const all = Object.entries({ ...defaults, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const response = await request(`${base}${path}`, {
    method: method as "POST",
    headers: Object.fromEntries(all),
    dispatcher,
    ...(body === undefined
      ? {}
      : { body: typeof body === "string" || body instanceof Buffer ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.body.text();
  const { statusCode: status, headers: received } = response;
  const problems = undocumented(method, path, { status, headers: received, text });
  if (problems.length > 0) {
    throw new Error(`not as the table of endpoints says: ${problems.join("; ")}`);
  }
  return { status, headers: received, text, json: jsonIn(text) };
}

const BOTH = "application/json, text/event-stream";

function jsonIn(text: string): unknown {
  const data = text.split("\n").filter((line) => line.startsWith("data: {"));
  try {
    return JSON.parse(data.at(-1)?.slice("data: ".length) ?? text) as unknown;
  } catch {
    return undefined;
  }
}

/** A TCP connection that a test drives by hand. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** All that came, once the other side has ended the connection. */
  ended(): Promise<string>;
}

export async function rawConnection(base: string): Promise<RawConnection> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  const ended = new Promise<string>((resolve) => {
    socket.once("end", () => resolve(text));
    socket.once("close", () => resolve(text));
  });
  return {
    socket,
    write: (chunk) => void socket.write(chunk),
    async ended() {
      const all = await ended;
      socket.destroy();
      return all;
    },
  };
}

export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": PEER_STATELESS_REVISION,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A stateless `tools/call`, with the headers that belong to it. */
export function toolCall(
  server: string,
  tool: string,
  args: Record<string, unknown> = {},
  headers: Record<string, string | undefined> = {},
): RawRequest {
  return {
    path: `/mcp/${server}`,
    headers: {
      "mcp-protocol-version": PEER_STATELESS_REVISION,
      "mcp-method": "tools/call",
      "mcp-name": tool,
      ...headers,
    },
    body: {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: tool, arguments: args, _meta: ENVELOPE },
    },
  };
}

/** The begin of a session, without the second request that a client sends. */
export function initialization(
  server: string,
  headers: Readonly<Record<string, string | undefined>>,
): RawRequest {
  const params = {
    protocolVersion: PEER_SESSION_REVISION,
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  };
  return {
    path: `/mcp/${server}`,
    headers,
    body: { jsonrpc: "2.0", id: 0, method: "initialize", params },
  };
}

/** Has the gateway record an event that says this. */
export async function recordEvent(
  gateway: { readonly url: string; readonly apiKey: string },
  reason: string,
  headers: Readonly<Record<string, string>> = { "x-api-key": gateway.apiKey },
): Promise<void> {
  const { status, text } = await send(gateway.url, {
    path: "/api/v1/gateway/audit",
    headers,
    body: {
      event_type: "discovery",
      decision: "allow",
      reason,
      timestamp: Date.now() / 1_000,
      gateway_request_id: "r",
    },
  });
  if (status !== 201) {
    throw new Error(`the event was not recorded: ${status} ${text}`);
  }
}
