import { Readable } from "node:stream";
import type { Json } from "@sark/json";
import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import type { UpstreamResponse } from "../../../domain/upstream.ts";

/** A whole JSON body. */
export function jsonResponse(
  status: number,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): UpstreamResponse {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return {
    status,
    headers: {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      ...headers,
    },
    body: Readable.from([bytes], { objectMode: false }),
  };
}

/** A JSON-RPC error of the transport itself, in the form that the official servers use. */
export function errorResponse(
  status: number,
  error: { readonly code: number; readonly message: string; readonly data?: Json },
  id: JsonRpcId | null = null,
  headers: Readonly<Record<string, string>> = {},
): UpstreamResponse {
  const { code, message, data } = error;
  return jsonResponse(
    status,
    JSON.stringify({ jsonrpc: "2.0", error: { code, message, data }, id }),
    headers,
  );
}

/** 202 for notifications and responses, 200 for DELETE, 204 where there is nothing to wait for. */
export function emptyResponse(status: number): UpstreamResponse {
  // RFC 9110 §8.6: 204 has no length.
  const headers: Record<string, string> = status === 204 ? {} : { "content-length": "0" };
  return { status, headers, body: Readable.from([], { objectMode: false }) };
}

export const EVENT_STREAM = "text/event-stream";

export function eventStreamResponse(
  body: Readable,
  headers: Readonly<Record<string, string>> = {},
): UpstreamResponse {
  return {
    status: 200,
    headers: {
      "content-type": EVENT_STREAM,
      "cache-control": "no-cache, no-transform",
      ...headers,
    },
    body,
  };
}
