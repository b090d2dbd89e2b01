import type { JsonObject } from "@sark/json";
import type { JsonRpcId } from "./json-rpc.ts";
import type { Principal } from "./principal.ts";
import type { SessionScope } from "./sessions.ts";
import type { TimeSpan } from "./time-span.ts";

/**
 * `response` is what a client responds to a server that asked it; `session` is plumbing (initialize, ping, …) that is
 * authorized but, apart from `initialize`, not audited; `other` has no rule of its own.
 */
export const CALL_KINDS = ["tool", "resource", "prompt", "listing", "response", "session", "other"] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** One MCP request of a caller, read and checked, before anything is decided about it. */
export interface McpCall {
  readonly server: string;
  readonly method: string;
  readonly kind: CallKind;
  /** Tool or prompt name, or resource URI; `null` where the method names nothing. */
  readonly target: string | null;
  /** `params.arguments` of a tool or prompt call. */
  readonly arguments: JsonObject | null;
  /** Whatever else of the message reaches the server: further params, or the result or error of a response. */
  readonly params: JsonObject | null;
  readonly requestId: JsonRpcId;
  readonly protocolVersion: string | null;
  readonly sessionId: string | null;
  /** By whose rules its session was taken. */
  readonly sessionScope: SessionScope;
  /** `params._meta`, where trace context may travel. */
  readonly meta: JsonObject | null;
}

/** How long a call took, in seconds. */
export interface CallTimes {
  /** From its receipt. */
  readonly seconds: number;
  /** From its permit. */
  readonly executionSeconds: number;
}

/** Who asks, and over which connection. */
export interface Caller {
  readonly principal: Principal;
  /** Joins log lines, audit records and spans of one HTTP request. */
  readonly correlationId: string;
  readonly clientAddress: string;
  /** Id of the credential that the request was authenticated by, e.g. `api_key:k-1`; never the secret. */
  readonly credential: string;
  /**
   * The token by which the caller was authenticated, for exchanging it for one of a server's. It goes nowhere else. A function, so that
   * nothing shows it that writes or logs a caller.
   */
  subjectToken?(): string;
  /** W3C trace context of the HTTP request: `traceparent`, `tracestate`, `baggage`. */
  readonly traceHeaders: Readonly<Record<string, string | undefined>>;
  /** When its request was authenticated, for the trace; absent where that happened in another process. */
  readonly authentication?: TimeSpan;
}

/** Where the record of a decision stands: with it a caller asks for the proof, and knows what has to be proven. */
export interface AuditReference {
  readonly id: string;
  /** Position in the log, from 0; `null` while the record waits on the disk for the database. */
  readonly seq: number | null;
  /** RFC 6962 leaf hash of the record, in hex. */
  readonly leafHash: string;
}

/** The id stands in the message, too: most clients show nothing else to people. */
export function withAuditId(message: string, audit: Pick<AuditReference, "id"> | null): string {
  return audit === null ? message : `${message} (audit id ${audit.id})`;
}

/** How a permitted call ended. */
export const OUTCOMES = [
  "ok",
  "tool_error",
  "protocol_error",
  "upstream_error",
  "timeout",
  "cancelled",
  "input_required",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface CallResult {
  readonly outcome: Outcome;
  /** JSON-RPC error code, where there was one. */
  readonly errorCode?: number;
  /** One sentence on what went wrong; never the payload. */
  readonly message?: string;
  /** The JSON-RPC `result`, for the payload policy of the audit log. */
  readonly result?: JsonObject;
  /** Nothing of it was sent to the server: there is no work to pay for. */
  readonly unsent?: true;
  /** Fingerprint of the session that the call opened. */
  readonly sessionId?: string;
  /** The result has half surrogate pairs, which the client gets and no record can hold: they are replaced there. */
  readonly brokenUnicode?: true;
}

export interface Permit {
  readonly allowed: true;
  /** Of the intent; `null` where none is kept: of kinds that are not audited, and while calls go on unrecorded. */
  readonly audit: AuditReference | null;
  /** Replaces `params.arguments` on the way upstream; `null` leaves them. */
  readonly filteredArguments: JsonObject | null;
  /** Trace context to send upstream, as headers and in `_meta`: `traceparent`, `tracestate`, `baggage`. */
  readonly traceContext: Readonly<Record<string, string>>;
  /** Records how it ended. Exactly one call counts; further ones are ignored. Never throws. */
  finish(result: CallResult): void;
}

export interface Refusal {
  readonly allowed: false;
  /** Of the denial; `null` where none is kept. */
  readonly audit: AuditReference | null;
  /** `denied_by_policy`, `policy_timeout`, `audit_unavailable`, … : goes into `error.data.reason_code`. */
  readonly code: string;
  /** One sentence; goes into `error.message`. */
  readonly reason: string;
  /** When the same call may be allowed, where that is known. */
  readonly retryAfterSeconds?: number;
  /** Scopes to get a token with, of `insufficient_scope`. */
  readonly requiredScopes?: readonly string[] | undefined;
}

/** Everything that is decided and recorded about a call. Implemented by `pipeline/`; used by `mcp/`. */
export interface Governor {
  /** Authorizes, and commits the audit intent before it resolves. Never throws: any fault is a refusal. */
  begin(call: McpCall, caller: Caller): Promise<Permit | Refusal>;
  /** Which of these tools, resources or prompts the caller may use: keeps the order, drops the rest. */
  visible(
    kind: "tool" | "resource" | "prompt",
    server: string,
    targets: readonly string[],
    caller: Caller,
  ): Promise<ReadonlySet<string>>;
}
