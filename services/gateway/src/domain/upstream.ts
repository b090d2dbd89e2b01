import type { Readable } from "node:stream";
import type { Awaitable } from "./awaitable.ts";
import type { Caller } from "./governance.ts";
import type { JsonObject } from "@sark/json";
import type { JsonRpcMessage } from "./json-rpc.ts";

/** What servers can be called: the name is part of URLs (`/mcp/{name}`), and a metric label. */
export const SERVER_NAME = /^[a-z0-9][a-z0-9-_.]{0,63}$/;

/**
 * One MCP server behind the gateway, seen as a Streamable HTTP endpoint whatever it really speaks.
 * A stdio server is bridged by an implementation of the same interface, so that everything above
 * (authorization, audit, inspection of responses) knows one shape only.
 */
export interface Upstream {
  readonly name: string;
  /** OpenTelemetry's `network.transport`: `tcp` for Streamable HTTP, `pipe` for stdio. */
  readonly transport: "tcp" | "pipe";
  /** How long it may be silent about a request, in milliseconds, where that is not as for all. */
  readonly requestTimeoutMs?: number;
  /** Whether W3C trace context goes to this server. */
  readonly propagateTrace: boolean;
  /**
   * Sends one HTTP exchange. Resolves when the response's head is there; the body is a stream and
   * is never buffered. Aborting `request.signal`, or destroying the body, cancels the exchange upstream.
   * Rejects with an `UpstreamError`.
   */
  exchange(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** For health: resolves when the server can be reached, rejects with the reason and what to do. */
  check(signal: AbortSignal): Promise<UpstreamReport>;
  /** What is known of it without asking, for operators: how its program ended, and what that said. */
  known?(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface UpstreamReport {
  /** What an operator should know although it can be reached. */
  readonly message?: string;
  /** It is being started: neither well nor ill. */
  readonly pending?: true;
}

export interface UpstreamRequest {
  readonly method: "POST" | "GET" | "DELETE";
  /** Lower-case names; already freed of hop-by-hop headers and of the caller's credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** The POST body, parsed; what is sent is `body`. `null` for GET and DELETE. */
  readonly messages: readonly JsonRpcMessage[] | null;
  /** Exact bytes to send; the caller's own wherever nothing had to be rewritten. */
  readonly body: Buffer | null;
  /** Aborted with an `UpstreamError` when the fault is the server's: it was silent for too long. */
  readonly signal: AbortSignal;
  /** On whose behalf; `null` for the gateway's own questions. Never sent. */
  readonly caller: Caller | null;
}

export interface UpstreamResponse {
  /** A 404 of a session whose end is under way: it is for that to say why it is over. */
  readonly sessionEnds?: true;
  readonly status: number;
  /** Lower-case names, hop-by-hop headers removed. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream of it; one that can be taken as a whole instead has its stream made when this is asked for. */
  readonly body: Readable;
  /**
   * The whole body, where it is short, its stream was not asked for, and all of it comes with its first bytes, and those within so
   * many milliseconds: nothing is left of it then. `null` where it is still to be read; not there where that cannot be told.
   */
  takeWhole?(withinMs: number): Awaitable<Buffer | null>;
}

/** A tool as its server describes it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

export const UPSTREAM_ERROR_CODES = [
  /** Could not connect, or the stdio process could not be started. */
  "upstream_unreachable",
  /** The connection or process went away in the middle of an exchange. */
  "upstream_died",
  /** No response within the configured time. */
  "upstream_timeout",
  /** A response that is no MCP: not HTTP, not JSON-RPC, larger than the limit. */
  "upstream_garbage",
  /** A response larger than the gateway takes; others go on. */
  "upstream_too_large",
  /** A redirect, which is not followed. */
  "upstream_redirected",
  /** The gateway has no credentials for the server: its authorization server gave no token. */
  "upstream_credentials",
  /** More sessions or requests in flight than configured. */
  "upstream_overloaded",
  /** The caller went away; upstream was told. */
  "cancelled",
] as const;
export type UpstreamErrorCode = (typeof UPSTREAM_ERROR_CODES)[number];

export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly code: UpstreamErrorCode;

  /** When it may be tried again; `null` when nothing is known about that. */
  readonly retryAfterSeconds: number | null;
  /** Whether it is known that nothing of the request was sent: the server cannot be at work on it. */
  readonly unsent: boolean;

  constructor(
    code: UpstreamErrorCode,
    message: string,
    {
      retryAfterSeconds = null,
      unsent = false,
      ...options
    }: ErrorOptions & { readonly retryAfterSeconds?: number | null; readonly unsent?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.unsent = unsent;
  }
}

/** Why an exchange is ended from this side before anything of it was sent. */
export function abortedUnsent(upstream: string, signal: AbortSignal): UpstreamError {
  const { code, message } = abortReason(upstream, signal);
  return new UpstreamError(code, message, { cause: signal.reason, unsent: true });
}

/** Why an exchange is ended from this side. */
export function abortReason(upstream: string, signal: AbortSignal): UpstreamError {
  const reason: unknown = signal.reason;
  if (reason instanceof UpstreamError) {
    return reason;
  }
  return new UpstreamError("cancelled", `the caller left its call of upstream "${upstream}"`, {
    cause: reason,
  });
}
