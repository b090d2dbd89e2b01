import type { Refusal } from "../../../domain/governance.ts";
import { refusalText } from "../../errors/error-response.ts";
import type { UpstreamFailure } from "../../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../../contract/http-message.ts";
import { JSON_HEADERS } from "../../response/client-headers.ts";
import type { Conversation } from "../context/request-context.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/** Nobody is there to read it. */
export const NOBODY_LISTENS: McpHttpResponse = { status: 499, headers: {}, body: null };

/** Taken, with nothing to say. */
export const ACCEPTED: McpHttpResponse = { status: 202, headers: {}, body: null };

export function jsonAnswer(
  status: number,
  text: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): McpHttpResponse {
  const body = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return { status, headers: { ...headers, ...JSON_HEADERS }, body };
}

/** The gateway's own errors about requests of a POST of which nothing else has an answer. */
export function refusalsAnswer({ refusals, batch }: Pick<Outgoing, "refusals" | "batch">): McpHttpResponse {
  return jsonAnswer(200, batch ? `[${refusals.join(",")}]` : (refusals[0] ?? ""));
}

/** A failure behind the gateway; `text` is the JSON-RPC error that says it. */
export function failureAnswer({ status, retryAfterSeconds }: UpstreamFailure, text: string): McpHttpResponse {
  return jsonAnswer(
    status,
    text,
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
  );
}

/** For what has no JSON-RPC answer the status has to say it. */
export function forbidden(refusal: Refusal, { caller }: Conversation): McpHttpResponse {
  return jsonAnswer(403, refusalText(null, refusal, caller));
}
