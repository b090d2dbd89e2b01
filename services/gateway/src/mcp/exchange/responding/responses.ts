import type { AuditReference, Refusal } from "../../../domain/governance.ts";
import { refusalText } from "../../errors/error-response.ts";
import type { UpstreamFailure } from "../../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../../contract/http-message.ts";
import { auditHeaders } from "../../response/audit-reference.ts";
import { JSON_HEADERS } from "../../response/client-headers.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/** The client has left: it is not read. */
export const CLIENT_LEFT: McpHttpResponse = { status: 499, headers: {}, body: null };

/** Accepted, with nothing to say. */
export const ACCEPTED: McpHttpResponse = { status: 202, headers: {}, body: null };

export function jsonResponse(
  status: number,
  text: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): McpHttpResponse {
  const body = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return { status, headers: { ...headers, ...JSON_HEADERS }, body };
}

/** The response with what its caller needs to ask for the proof of the record behind it. */
export function referring(
  response: McpHttpResponse,
  { parts }: Pick<RequestContext, "parts">,
  audit: AuditReference | null,
): McpHttpResponse {
  return parts.auditReferences && audit !== null
    ? { ...response, headers: { ...response.headers, ...auditHeaders(audit) } }
    : response;
}

/** The gateway's own errors about requests of a POST, where nothing else in it has a response. */
export function refusalsResponse({ refusals, batch }: Pick<Outgoing, "refusals" | "batch">): McpHttpResponse {
  return jsonResponse(200, batch ? `[${refusals.join(",")}]` : (refusals[0] ?? ""));
}

/** A failure behind the gateway; `text` is the JSON-RPC error that says it. */
export function failureResponse(
  { status, retryAfterSeconds }: UpstreamFailure,
  text: string,
): McpHttpResponse {
  return jsonResponse(
    status,
    text,
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
  );
}

/** Where there is no JSON-RPC response, the status has to say it. */
export function forbidden(refusal: Refusal, context: RequestContext): McpHttpResponse {
  const text = refusalText(null, refusal, context.caller);
  return refusal.requiredScopes === undefined
    ? jsonResponse(403, text)
    : insufficientScope(context, text, refusal.requiredScopes);
}

/** For a client to get another token, with these scopes, and to send the same once more. */
export function insufficientScope(
  { parts, upstream }: Pick<RequestContext, "parts" | "upstream">,
  text: string,
  scopes: readonly string[],
): McpHttpResponse {
  return jsonResponse(403, text, { "www-authenticate": parts.scopeChallenge(scopes, upstream.name) });
}
