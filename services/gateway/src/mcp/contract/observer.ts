import type { Caller } from "../../domain/governance.ts";
import type { UpstreamProblem } from "../errors/malformed-response.ts";
import type { RejectionType } from "../errors/rejection.ts";

export const STREAM_KINDS = ["response", "session", "subscription"] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** `unknown_upstream`: its server says that it knows no such session. */
export type HttpSessionEnd = "deleted" | "unknown_upstream";

export type StreamEnd =
  | "completed"
  | "client_left"
  | "upstream_failed"
  | "timeout"
  | "cancelled"
  | "drained"
  | "session_ended";

/**
 * What happens at the MCP endpoint besides governed calls, which the governor sees itself. A closed list: telemetry
 * turns each event into its counter and log line. None carries a payload. `server` is a
 * configured name. Implementations must not throw and must not block.
 */
export interface McpObserver {
  /** The gateway responded to a message itself, before any decision about it. */
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
