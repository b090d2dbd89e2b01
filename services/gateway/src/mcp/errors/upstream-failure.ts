import type { Outcome } from "../../domain/governance.ts";
import { UpstreamError } from "../../domain/upstream.ts";
import { SESSION_REVISIONS } from "../../mcp-protocol/revisions.ts";
import { MalformedResponse, type UpstreamProblem } from "./malformed-response.ts";
import { ERROR_CODES } from "./codes.ts";

/** How a permitted call failed: what the client is told, and what is recorded. */
export interface UpstreamFailure {
  readonly outcome: Extract<Outcome, "upstream_error" | "timeout" | "cancelled">;
  /** HTTP status, where nothing has been sent yet. */
  readonly status: number;
  readonly code: number;
  readonly reasonCode: string;
  readonly message: string;
  /** Goes into `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Nothing of it was sent to the server. */
  readonly unsent?: true;
}

/** Requests end within moments, mostly. */
const RETRY_SOON_SECONDS = 1;

/** Everything that can go wrong behind the gateway, by the reason code that clients see. */
export const UPSTREAM_FAILURES = {
  upstream_unreachable: failed(502, "The MCP server could not be reached."),
  upstream_died: failed(502, "The MCP server went away before it responded."),
  upstream_garbage: failed(502, "The MCP server sent something that is no valid response."),
  upstream_too_large: failed(502, "The MCP server's response is larger than the gateway takes."),
  upstream_revision: failed(
    502,
    `The MCP server chose a protocol revision that the gateway does not speak; it speaks ${SESSION_REVISIONS.join(", ")}.`,
  ),
  upstream_redirected: failed(
    502,
    "The MCP server responded with a redirect, which is not followed; its operator has to configure the final URL.",
  ),
  upstream_credentials: failed(
    502,
    "The gateway has no credentials for the MCP server: its authorization server gave no token for this caller.",
  ),
  upstream_overloaded: failed(503, "The MCP server has no place for this request; try again shortly."),
  upstream_refused: failed(502, "The MCP server refused the gateway's request."),
  upstream_status: failed(502, "The MCP server responded with an HTTP error."),
  upstream_silent: failed(502, "The MCP server ended its stream without a response."),
  upstream_timeout: {
    outcome: "timeout",
    status: 504,
    code: ERROR_CODES.upstream_timeout,
    message: "The MCP server did not respond in time.",
  },
  holder_lost: failed(
    502,
    "The replica of the gateway that holds the session ended before it responded; whether the call was done is not known.",
  ),
  gateway_draining: {
    outcome: "cancelled",
    status: 503,
    code: ERROR_CODES.upstream_failed,
    message: "The gateway is taken out of service and could not wait for the MCP server any longer.",
    retryAfterSeconds: RETRY_SOON_SECONDS,
  },
  session_ended: {
    outcome: "cancelled",
    status: 404,
    code: ERROR_CODES.unknown_session,
    message: "The session was ended before the MCP server responded.",
  },
  cancelled: {
    outcome: "cancelled",
    status: 499,
    code: ERROR_CODES.upstream_failed,
    message: "The request was cancelled.",
  },
} as const satisfies Record<string, Omit<UpstreamFailure, "reasonCode">>;
export type UpstreamReason = keyof typeof UPSTREAM_FAILURES;

export function upstreamFailure(reason: UpstreamReason): UpstreamFailure {
  return { ...UPSTREAM_FAILURES[reason], reasonCode: reason };
}

/** What malformed responses count as that are not simply garbage. */
const REASONS: Readonly<Partial<Record<UpstreamProblem, UpstreamReason>>> = {
  too_large: "upstream_too_large",
  unspoken_revision: "upstream_revision",
};

/** The failure behind whatever an exchange threw. Its own text stays inside: it may name hosts and paths. */
export function failureOf(error: unknown): UpstreamFailure {
  if (error instanceof MalformedResponse) {
    return upstreamFailure(REASONS[error.problem] ?? "upstream_garbage");
  }
  if (!(error instanceof UpstreamError)) {
    return upstreamFailure("upstream_died");
  }
  const failure = upstreamFailure(error.code);
  if (error.code !== "upstream_overloaded") {
    return failure;
  }
  const seconds = error.retryAfterSeconds ?? RETRY_SOON_SECONDS;
  const message = `The MCP server has no place for this request; try again in ${seconds} s.`;
  return { ...failure, message, retryAfterSeconds: seconds };
}

function failed(status: number, message: string) {
  return { outcome: "upstream_error", status, code: ERROR_CODES.upstream_failed, message } as const;
}
