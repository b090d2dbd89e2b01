import type { Readable } from "node:stream";
import type { Caller } from "../../domain/governance.ts";
import type { IncomingHeaders } from "../../mcp-protocol/http/headers.ts";

/** One authenticated HTTP request to `/mcp/{server}`. */
export interface McpHttpRequest {
  readonly method: string;
  readonly headers: IncomingHeaders;
  /** The whole body of a POST, read and bounded by the HTTP layer; `null` when there is none. */
  readonly body: Buffer | null;
  /** It was passed on by another replica, which does so once. */
  readonly forwarded?: true;
  /** The `{server}` of the path. */
  readonly server: string;
  readonly caller: Caller;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** The response. A stream must be consumed or destroyed; destroying it means that the client has left. */
export interface McpHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable | null;
  /** To be called when the client has all of it, or has left: what it holds is free then. */
  readonly taken?: (() => void) | undefined;
}
