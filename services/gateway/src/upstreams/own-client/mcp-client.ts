import { isJsonObject, type JsonObject } from "@sark/json";
import { type Upstream, UpstreamError } from "../../domain/upstream.ts";
import {
  OWN_SESSION_REVISION,
  OWN_STATELESS_REVISION,
  unspokenRevision,
} from "../../mcp-protocol/revisions.ts";
import { askOwn, OWN_CLIENT_INFO, OWN_ENVELOPE, postOwn } from "./own-requests.ts";
import { readResponse, type Room } from "./read-response.ts";

/** Asks an MCP server as a client of its own; the era is settled when it is opened. */
export interface McpClient {
  /** The `result`; rejects with `upstream_garbage` for a JSON-RPC error. */
  request(method: string, params: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Tries the stateless revision first, which costs a server of the older ones nothing but a refusal. `maxBytes`: of all
 * responses together; what is beyond rejects with `upstream_garbage`.
 */
export async function openMcpClient(
  upstream: Upstream,
  signal: AbortSignal,
  maxBytes: number,
): Promise<McpClient> {
  const room = { bytes: maxBytes };
  return (await openStateless(upstream, signal, room)) ?? openSession(upstream, signal, room);
}

async function openStateless(upstream: Upstream, signal: AbortSignal, room: Room): Promise<McpClient | null> {
  let lastId = 0;
  const { name: version } = OWN_STATELESS_REVISION;
  const send = async (method: string, params: JsonObject) => {
    lastId += 1;
    const message = {
      jsonrpc: "2.0",
      id: lastId,
      method,
      params: { ...params, _meta: OWN_ENVELOPE },
    } as const;
    const headers = { "mcp-protocol-version": version, "mcp-method": method };
    return { id: lastId, response: await postOwn(upstream.exchange, message, headers, signal) };
  };
  const { id, response } = await send("server/discover", {});
  if (response.status !== 200) {
    response.body.destroy();
    return null;
  }
  const discovered = await readResponse(upstream.name, response, id, room);
  const versions = isJsonObject(discovered["result"]) ? discovered["result"]["supportedVersions"] : null;
  if (!Array.isArray(versions) || !versions.includes(version)) {
    return null;
  }
  return {
    request: async (method, params) => {
      const sent = await send(method, params);
      return resultOf(upstream.name, method, await readResponse(upstream.name, sent.response, sent.id, room));
    },
    close: async () => {},
  };
}

async function openSession(upstream: Upstream, signal: AbortSignal, room: Room): Promise<McpClient> {
  let lastId = 0;
  const headers: Record<string, string> = {};
  const request = async (method: string, params: JsonObject) => {
    lastId += 1;
    const id = lastId;
    const response = await postOwn(
      upstream.exchange,
      { jsonrpc: "2.0", id, method, params },
      headers,
      signal,
    );
    const session = response.headers["mcp-session-id"];
    if (method === "initialize" && session !== undefined) {
      headers["mcp-session-id"] = session;
    }
    return resultOf(upstream.name, method, await readResponse(upstream.name, response, id, room));
  };
  const close = async () => {
    if (headers["mcp-session-id"] !== undefined) {
      const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
      const response = await askOwn(upstream.exchange, "DELETE", headers, signal);
      response.body.destroy();
    }
  };
  try {
    const offered = OWN_SESSION_REVISION.name;
    const params = { protocolVersion: offered, capabilities: {}, clientInfo: OWN_CLIENT_INFO };
    const { protocolVersion: chosen } = await request("initialize", params);
    const unspoken = unspokenRevision(chosen);
    if (unspoken !== null) {
      throw new UpstreamError("upstream_garbage", `upstream "${upstream.name}" chose ${unspoken}`);
    }
    headers["mcp-protocol-version"] = typeof chosen === "string" ? chosen : offered;
    const initialized = { jsonrpc: "2.0", method: "notifications/initialized" } as const;
    (await postOwn(upstream.exchange, initialized, headers, signal)).body.destroy();
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  return { request, close };
}

function resultOf(name: string, method: string, response: JsonObject): JsonObject {
  const { result, error } = response;
  if (result !== undefined && isJsonObject(result)) {
    return result;
  }
  const code = error !== undefined && isJsonObject(error) ? JSON.stringify(error["code"]) : "no result";
  throw new UpstreamError("upstream_garbage", `upstream "${name}" refused ${method}: ${code}`);
}
