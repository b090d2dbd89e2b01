import type { Outcome } from "../../domain/governance.ts";
import { UpstreamError } from "../../domain/upstream.ts";
import type { UpstreamProblem } from "../contract/observer.ts";
import { ERROR_CODES } from "./codes.ts";

/** How a permitted call failed: what is answered, and what is recorded. */
export interface UpstreamFailure {
  readonly outcome: Extract<Outcome, "upstream_error" | "timeout" | "cancelled">;
  /** HTTP status, where nothing has been sent yet. */
  readonly status: number;
  readonly code: number;
  readonly reasonCode: string;
  readonly message: string;
  /** Goes into `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** Requests end within moments, mostly. */
const RETRY_SOON_SECONDS = 1;

/** Everything that can go wrong behind the gateway, by the reason code that clients see. */
export const UPSTREAM_FAILURES = {
  upstream_unreachable: failed(502, "The MCP server could not be reached."),
  upstream_died: failed(502, "The MCP server went away before it answered."),
  upstream_garbage: failed(502, "The MCP server sent something that is no valid answer."),
  upstream_too_large: failed(502, "The MCP server's response is larger than the gateway takes."),
  upstream_redirected: failed(
    502,
    "The MCP server answered with a redirect, which is not followed; its operator has to configure the final URL.",
  ),
  upstream_overloaded: failed(503, "The MCP server has no place for this request; try again shortly."),
  upstream_refused: failed(502, "The MCP server refused the gateway's request."),
  upstream_status: failed(502, "The MCP server answered with an HTTP error."),
  upstream_silent: failed(502, "The MCP server ended its stream without an answer."),
  upstream_timeout: {
    outcome: "timeout",
    status: 504,
    code: ERROR_CODES.upstream_timeout,
    message: "The MCP server did not answer in time.",
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

/** The failure behind whatever an exchange threw. Its own text stays inside: it may name hosts and paths. */
export function failureOf(error: unknown): UpstreamFailure {
  if (error instanceof MalformedAnswer) {
    return upstreamFailure(error.problem === "too_large" ? "upstream_too_large" : "upstream_garbage");
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

/** An answer that must not reach the client. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
  readonly problem: UpstreamProblem;

  constructor(message: string, problem: UpstreamProblem = "not_json_rpc") {
    super(message);
    this.problem = problem;
  }
}

function failed(status: number, message: string) {
  return { outcome: "upstream_error", status, code: ERROR_CODES.upstream_failed, message } as const;
}
