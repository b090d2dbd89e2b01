import type { UpstreamResponse } from "../../domain/upstream.ts";

/** What the head of a response may carry besides what the gateway says itself; no cookies, no server names. */
const PASSED = ["allow", "retry-after", "mcp-protocol-version"];

/** Headers of a response that comes from upstream, for the client. */
export function clientHeaders(
  head: UpstreamResponse,
  own: Readonly<Record<string, string>>,
  sessionId: string | null,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of PASSED) {
    const value = head.headers[name];
    if (value !== undefined) {
      headers[name] = value;
    }
  }
  if (sessionId !== null) {
    headers["mcp-session-id"] = sessionId;
  }
  return { ...headers, ...own };
}

/** A response is made for one caller: no proxy in between may keep it. */
export const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" } as const;

/** No proxy in between may hold events back either. */
export const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
