import { isJsonObject } from "@sark/json";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { Upstream, UpstreamRequest } from "../../domain/upstream.ts";
import { readResponse } from "../own-client/read-response.ts";

/** What a session began with: sent again, word for word, on behalf of the same caller. */
export interface Beginning {
  readonly message: JsonRpcRequest;
  readonly body: Buffer;
}

export interface Renewing {
  readonly upstream: Pick<Upstream, "name" | "exchange">;
  readonly caller: UpstreamRequest["caller"];
  /** The revision that the session has. */
  readonly version: string | null;
  readonly signal: AbortSignal;
}

const FORM = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const MAX_RESPONSE_BYTES = 1024 * 1024;
/** Visible ASCII, as MCP demands of session ids. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** Whether the server knows no session of this id: asked by a `ping`, so that what was refused is not refused for anything else. */
export async function isUnknown(
  sessionId: string,
  { upstream, caller, version, signal }: Renewing,
): Promise<boolean> {
  const message = { jsonrpc: "2.0", id: "sark-is-there", method: "ping" } as const;
  const { status, body } = await upstream.exchange({
    method: "POST",
    headers: headersOf(sessionId, version),
    messages: [message],
    body: Buffer.from(JSON.stringify(message)),
    signal,
    caller,
  });
  body.destroy();
  return status === 404;
}

/**
 * Begins another session in the place of one, and resolves to its id; `null` where the server does not go on as before: it
 * begins none, or speaks another revision. Rejects with an `UpstreamError`.
 */
export async function beginAnew({ message, body }: Beginning, renewing: Renewing): Promise<string | null> {
  const { upstream, caller, version, signal } = renewing;
  const begun = await upstream.exchange({
    method: "POST",
    headers: FORM,
    messages: [message],
    body,
    signal,
    caller,
  });
  const id = begun.headers["mcp-session-id"];
  if (begun.status !== 200 || id === undefined || !SESSION_ID.test(id)) {
    begun.body.destroy();
    return null;
  }
  const { result } = await readResponse(upstream.name, begun, message.id, { bytes: MAX_RESPONSE_BYTES });
  if (
    result === undefined ||
    !isJsonObject(result) ||
    result["protocolVersion"] !== (version ?? offered(message))
  ) {
    await leave(id, renewing);
    return null;
  }
  const initialized = { jsonrpc: "2.0", method: "notifications/initialized" } as const;
  const told = await upstream.exchange({
    method: "POST",
    headers: headersOf(id, version),
    messages: [initialized],
    body: Buffer.from(JSON.stringify(initialized)),
    signal,
    caller,
  });
  told.body.destroy();
  return id;
}

/** Nothing depends on it being heard. */
export async function leave(
  sessionId: string,
  { upstream, caller, version, signal }: Renewing,
): Promise<void> {
  const headers = headersOf(sessionId, version);
  const request = { method: "DELETE", headers, messages: null, body: null, signal, caller } as const;
  const left = await upstream.exchange(request).catch(() => null);
  left?.body.destroy();
}

function headersOf(sessionId: string, version: string | null): Record<string, string> {
  return {
    ...FORM,
    "mcp-session-id": sessionId,
    ...(version === null ? {} : { "mcp-protocol-version": version }),
  };
}

function offered({ params }: JsonRpcRequest): unknown {
  return params?.["protocolVersion"];
}
