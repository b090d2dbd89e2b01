import type { CallResult } from "../../../domain/governance.ts";
import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { ERROR_CODES } from "../../errors/codes.ts";
import { failureText } from "../../errors/error-response.ts";
import { upstreamFailure, type UpstreamFailure } from "../../errors/upstream-failure.ts";
import { mediaType } from "../../../mcp-protocol/http/headers.ts";
import type { McpHttpResponse } from "../../contract/http-message.ts";
import { clientHeaders } from "../../response/client-headers.ts";
import { collect, drain } from "../../response/collect.ts";
import { decodeDocument, readServerMessages } from "../../response/read-messages.ts";
import { jsonResponse } from "./responses.ts";
import { reportSessionEnd } from "../context/reports.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { OpenCall } from "../../calls/call-registry.ts";

const MAX_ERROR_BYTES = 256 * 1024;
const MAX_ERROR_VALUES = 10_000;

/** These are about the gateway's own standing with the server, which the client can do nothing about. */
const ABOUT_THE_GATEWAY = new Set([401, 402, 403, 407]);

export interface RelayedRefusal {
  readonly response: McpHttpResponse;
  readonly result: CallResult;
}

/**
 * An HTTP error of the upstream server. Its JSON-RPC error passes as it is, with its status: clients negotiate by
 * these. Anything else is said in the gateway's own words; no page of any other kind reaches a client.
 */
export async function relayRefusal(
  head: UpstreamResponse,
  { context, calls }: { readonly context: RequestContext; readonly calls: readonly OpenCall[] },
): Promise<RelayedRefusal> {
  const { status } = head;
  if (status === 404 && head.sessionEnds !== true) {
    await reportSessionEnd(context, "unknown_upstream");
  }
  const passable = status >= 400 && status < 600 && !ABOUT_THE_GATEWAY.has(status);
  const error = passable ? await readError(head, calls) : null;
  if (error !== null) {
    return {
      response: jsonResponse(status, error.text, headersOf(head)),
      result: {
        outcome: status < 500 ? "protocol_error" : "upstream_error",
        errorCode: error.code,
        message: `The MCP server responded with error ${error.code} and HTTP ${status}.`,
      },
    };
  }
  drain(head.body);
  const failure = passable ? httpFailure(status) : upstreamFailure("upstream_refused");
  if (status < 400) {
    const { parts, caller, upstream } = context;
    const correlationId = caller.correlationId;
    parts.observer.malformedUpstream({ server: upstream.name, problem: "unexpected_status", correlationId });
  }
  const [call] = calls;
  const text = failureText(call?.id ?? null, failure, call?.audit ?? null, context.caller);
  return {
    response: jsonResponse(failure.status, text, passable ? headersOf(head) : {}),
    result: { outcome: "upstream_error", message: `The MCP server responded with HTTP ${status}.` },
  };
}

/** A refusal of the request keeps its status, so that clients can tell; a failing server is a bad gateway. */
function httpFailure(status: number): UpstreamFailure {
  const failure = upstreamFailure("upstream_status");
  if (status === 404) {
    const message = "The MCP server knows no such session or endpoint.";
    return { ...failure, status, code: ERROR_CODES.unknown_session, message };
  }
  const kept = status < 500 || status === 503;
  return {
    ...failure,
    status: kept ? status : 502,
    message: `The MCP server responded with HTTP ${status}.`,
  };
}

/** The body, when it is one JSON-RPC error about one of these calls or about none in particular. */
async function readError(
  head: UpstreamResponse,
  calls: readonly OpenCall[],
): Promise<{ readonly text: string; readonly code: number } | null> {
  if (mediaType(head.headers["content-type"]) !== "application/json") {
    return null;
  }
  try {
    const { text, batch, messages } = readServerMessages(
      decodeDocument(await collect(head, MAX_ERROR_BYTES)),
      MAX_ERROR_VALUES,
    );
    const [single] = messages;
    if (batch || single?.type !== "response" || !("error" in single.message)) {
      return null;
    }
    const { id = null, error } = single.message;
    const ours = id === null || calls.some((call) => call.id === id);
    return ours ? { text, code: error.code } : null;
  } catch {
    return null;
  }
}

/** A client that is told to come back is told when. */
function headersOf(head: UpstreamResponse): Record<string, string> {
  return { ...(head.status === 503 ? { "retry-after": "1" } : {}), ...clientHeaders(head, {}, null) };
}
