import type { Caller } from "../../domain/governance.ts";
import type { RejectionType } from "../errors/rejection.ts";

/** What was wrong with something that an upstream server sent. */
export const UPSTREAM_PROBLEMS = [
  /** No JSON, or JSON that is no JSON-RPC message. */
  "not_json_rpc",
  /** Neither JSON nor an event stream where an answer was due. */
  "wrong_content_type",
  "too_large",
  /** An answer to a request that was not asked on this stream, or that has its answer already. */
  "unexpected_answer",
  /** A request of the server in a revision that has none. */
  "unexpected_request",
  /** An event of another type than `message`. */
  "unexpected_event",
  /** The stream or document ended without the answer. */
  "missing_answer",
  "invalid_session_id",
  "unexpected_status",
] as const;
export type UpstreamProblem = (typeof UPSTREAM_PROBLEMS)[number];

export const STREAM_KINDS = ["answer", "session", "subscription"] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** `unknown_upstream`: its server answered that it knows no such session. */
export type HttpSessionEnd = "deleted" | "unknown_upstream";

export type StreamEnd = "completed" | "client_gone" | "upstream_failed" | "timeout" | "cancelled";

/**
 * What happens at the MCP endpoint besides governed calls, which the governor sees itself. Closed: whoever
 * composes the gateway turns each event into its counter and log line. None carries a payload. `server` is a
 * configured name. Implementations must not throw and must not block.
 */
export interface McpObserver {
  /** A message was answered by the gateway itself, before any decision about it. */
  requestRefused(event: {
    /** `null` when no such server is configured: the name is the caller's invention. */
    readonly server: string | null;
    readonly status: number;
    readonly errorType: RejectionType;
    /** One sentence; may quote names from the message, cut to a bound. */
    readonly message: string;
    readonly caller: Caller;
  }): void;
  /** An authorized message was sent upstream. */
  messageForwarded(event: {
    readonly server: string;
    readonly type: "request" | "notification" | "response";
    readonly method: string;
  }): void;
  /** A session over HTTP is over, as far as the gateway can tell; those of stdio servers end in the bridge. */
  sessionEnded(event: {
    readonly server: string;
    /** Its fingerprint. */
    readonly session: string;
    readonly caller: Caller;
    readonly reason: HttpSessionEnd;
  }): void;
  streamOpened(event: { readonly server: string; readonly stream: StreamKind }): void;
  streamClosed(event: {
    readonly server: string;
    readonly stream: StreamKind;
    readonly end: StreamEnd;
    readonly events: number;
    readonly bytes: number;
  }): void;
  /** The link to a server broke in a stream that could be resumed. */
  streamBroken(event: {
    readonly server: string;
    readonly stream: StreamKind;
    /** Whether it goes on. */
    readonly resumed: boolean;
    readonly correlationId: string;
  }): void;
  malformedUpstream(event: {
    readonly server: string;
    readonly problem: UpstreamProblem;
    readonly correlationId: string;
  }): void;
}
