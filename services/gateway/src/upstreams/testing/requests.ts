import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { createParser } from "eventsource-parser";
import { vi } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { JsonRpcMessage } from "../../domain/json-rpc.ts";
import type { Upstream, UpstreamRequest } from "../../domain/upstream.ts";
import { OWN_SESSION_REVISION, OWN_STATELESS_REVISION } from "../../mcp-protocol/revisions.ts";
import { CLIENT_CAPABILITIES_META_KEY, VERSION_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";

const BOTH_FORMS = "application/json, text/event-stream";

/** A POST of the older revisions; test code. */
export function post(
  message: JsonRpcMessage | readonly JsonRpcMessage[],
  headers: Record<string, string> = {},
  signal: AbortSignal = new AbortController().signal,
): UpstreamRequest {
  return {
    method: "POST",
    headers: { "content-type": "application/json", accept: BOTH_FORMS, ...headers },
    messages: Array.isArray(message) ? message : [message],
    body: Buffer.from(JSON.stringify(message)),
    signal,
    caller: null,
  };
}

export function get(
  headers: Record<string, string>,
  signal: AbortSignal = new AbortController().signal,
): UpstreamRequest {
  return {
    method: "GET",
    headers: { accept: "text/event-stream", ...headers },
    messages: null,
    body: null,
    signal,
    caller: null,
  };
}

export function remove(headers: Record<string, string>): UpstreamRequest {
  const { signal } = new AbortController();
  return { method: "DELETE", headers, messages: null, body: null, signal, caller: null };
}

/** A POST of the stateless revision; `own` goes into `_meta`. */
export function statelessPost(
  id: string | number,
  method: string,
  params: JsonObject = {},
  own: JsonObject = {},
  signal?: AbortSignal,
): UpstreamRequest {
  const meta = {
    [VERSION_META_KEY]: OWN_STATELESS_REVISION.name,
    [CLIENT_CAPABILITIES_META_KEY]: {},
    ...own,
  };
  return post(
    { jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } },
    { "mcp-protocol-version": OWN_STATELESS_REVISION.name, "mcp-method": method },
    signal,
  );
}

/** The same request on behalf of a user of a tenant. */
export function as(id: string, tenant: string | null, request: UpstreamRequest): UpstreamRequest {
  return { ...request, caller: callerOf(id, tenant) };
}

export function callerOf(id: string, tenant: string | null = null): Caller {
  const principal = {
    id,
    type: "user",
    actor: null,
    tenant,
    roles: [],
    attributes: {},
    method: "api_key",
  } as const;
  return {
    principal,
    correlationId: `of-${id}`,
    clientAddress: "127.0.0.1",
    credential: "api_key:k-1",
    traceHeaders: {},
  };
}

/** Opens a session; returns the headers of its further requests. */
export async function initialize(
  upstream: Upstream,
  version = OWN_SESSION_REVISION.name,
  caller: Caller | null = null,
): Promise<Record<string, string>> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const response = await upstream.exchange({
    ...post({ jsonrpc: "2.0", id: "init", method: "initialize", params }),
    caller,
  });
  const id = response.headers["mcp-session-id"];
  if (id === undefined) {
    throw new Error(`no session: ${JSON.stringify(await json(response.body))}`);
  }
  response.body.resume();
  const headers = { "mcp-session-id": id, "mcp-protocol-version": version };
  await upstream.exchange(post({ jsonrpc: "2.0", method: "notifications/initialized" }, headers));
  return headers;
}

interface SeenEvent {
  readonly id: string | undefined;
  /** Parsed data; `null` for an event that has none. */
  readonly data: JsonObject | null;
}

/** Reads an event stream as it comes. */
export function readEvents(body: Readable) {
  const events: SeenEvent[] = [];
  let ended = false;
  let error: unknown = null;
  const parser = createParser({
    onEvent: ({ id, data }) => events.push({ id, data: data === "" ? null : JSON.parse(data) }),
  });
  body.setEncoding("utf8");
  body.on("data", (chunk: string) => parser.feed(chunk));
  body.on("end", () => (ended = true));
  body.on("error", (reason) => (error = reason));
  return {
    events,
    get ended() {
      return ended;
    },
    get error() {
      return error;
    },
    /** The data of the first event that fits, once it is there. */
    find: (fits: (data: JsonObject) => boolean): Promise<JsonObject> =>
      vi.waitFor(
        () => {
          const found = events.flatMap(({ data }) => (data === null ? [] : [data])).find(fits);
          if (found === undefined) {
            throw new Error(`not among ${JSON.stringify(events)}`);
          }
          return found;
        },
        { timeout: 20_000 },
      ),
    untilEnd: () => vi.waitUntil(() => ended, { timeout: 20_000 }),
  };
}
