import { trace, type Context, type Link } from "@opentelemetry/api";
import { isJsonObject, type JsonObject } from "@sark/json";
import { extractContext } from "@sark/observability/tracing";
import type { Caller, McpCall } from "../../domain/governance.ts";
import { TRACE_KEYS } from "../../mcp-protocol/vocabulary/meta-keys.ts";

/**
 * `_meta` is the parent, since it belongs to the request itself; an HTTP span in addition to it is linked. A `_meta` that cannot
 * be read is as none.
 */
export function parentOf(call: McpCall, caller: Caller): { parent: Context; links: Link[] } {
  const http = extractContext(caller.traceHeaders);
  const meta = metaCarrier(call.meta);
  const parent = meta === null ? http : extractContext(meta);
  if (parent === http || trace.getSpanContext(parent) === undefined) {
    return { parent: http, links: [] };
  }
  const httpSpan = trace.getSpanContext(http);
  return { parent, links: httpSpan === undefined ? [] : [{ context: httpSpan }] };
}

function metaCarrier(meta: JsonObject | null): Record<string, string> | null {
  if (!isJsonObject(meta) || typeof meta["traceparent"] !== "string") {
    return null;
  }
  const carrier: Record<string, string> = {};
  for (const key of TRACE_KEYS) {
    const value = meta[key];
    if (typeof value === "string") {
      carrier[key] = value;
    }
  }
  return carrier;
}
