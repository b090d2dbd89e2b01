import type { Caller } from "../../domain/governance.ts";
import type { Upstream, UpstreamErrorCode } from "../../domain/upstream.ts";

/**
 * What happens at an upstream server besides its responses. A closed list: telemetry
 * turns each into its counter and its log line. No event carries a payload, a header or a secret;
 * `stderr` carries what the server itself chose to print.
 */
export type UpstreamEvent =
  /** An exchange failed, before its head or in the middle of its body. A caller that leaves is no failure. */
  | {
      readonly type: "failed";
      readonly code: Exclude<UpstreamErrorCode, "cancelled">;
      readonly message: string;
      /** What lies behind it, for the log only: it may quote what the server printed. */
      readonly cause: unknown;
    }
  | { readonly type: "process_started"; readonly pid: number; readonly role: ProcessRole }
  | {
      readonly type: "process_ended";
      readonly pid: number;
      readonly role: ProcessRole;
      readonly exitCode: number | null;
      readonly signal: string | null;
      /** `false` when it ended by itself. */
      readonly expected: boolean;
      /** The last lines of its stderr, shortened. */
      readonly stderr: readonly string[];
    }
  | { readonly type: "session_opened"; readonly open: number }
  | {
      readonly type: "session_closed";
      readonly reason: SessionEnd;
      readonly open: number;
      /** What the server is told the session by: a credential, not for any log. */
      readonly sessionId: string;
      /** Who opened it; `null` for the gateway itself. */
      readonly caller: Caller | null;
    }
  /** The server knew a session of this caller no more, and another one stands in its place. */
  | { readonly type: "session_renewed"; readonly caller: Caller | null }
  /** A token for the server was asked for: it was given (`null`), or not. */
  | {
      readonly type: "token_requested";
      readonly grant: "client_credentials" | "token_exchange";
      readonly problem: string | null;
    }
  /** Files of secrets or of its authority changed: they are in use now (`null`), or cannot be, and those before are. */
  | { readonly type: "files_changed"; readonly problem: string | null }
  /** One line of the server's stderr, cut to a bound. */
  | { readonly type: "stderr"; readonly pid: number; readonly line: string }
  /** Lines of stderr that were dropped because they came too fast. */
  | { readonly type: "stderr_dropped"; readonly pid: number; readonly lines: number }
  /** A line on stdout that is no JSON-RPC message; it was skipped. */
  | { readonly type: "junk"; readonly pid: number; readonly reason: string; readonly bytes: number }
  /** A message on stdout that is larger than may be, and was skipped; `size` says by which measure, and what helps. */
  | { readonly type: "oversized"; readonly pid: number; readonly size: string }
  /** A message that belongs to no request and no stream; it was dropped. */
  | {
      readonly type: "unrouted";
      readonly kind: "response" | "request" | "notification";
      /** Cut to a bound; `null` for a response. */
      readonly method: string | null;
      /** The start of what a log message says. */
      readonly excerpt: string | null;
    }
  /** Events left a full replay buffer before they were ever delivered. */
  | { readonly type: "replay_dropped"; readonly events: number };

export type ProcessRole = "session" | "shared";

/** `displaced`: another needed its place. `closing`: the gateway itself ends. */
export type SessionEnd = "deleted" | "idle" | "displaced" | "died" | "closing";

/** Called synchronously with every event; must not throw and must not block. */
export type UpstreamObserver = (upstream: string, event: UpstreamEvent) => void;

/** One pool of connections or processes. All figures are counts. */
export interface PoolFigures {
  /** Open connections, or running processes. */
  readonly size: number;
  readonly inUse: number;
  /** Exchanges that wait for a free one. */
  readonly waiting: number;
  readonly limit: number;
}

/** An `Upstream` whose resources can be measured. */
export interface ObservedUpstream extends Upstream {
  /** Figures of right now, by pool: `calls` and `streams` (HTTP), `sessions` and `shared` (stdio). */
  stats(): Readonly<Record<string, PoolFigures>>;
}
