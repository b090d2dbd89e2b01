import { UpstreamError, type UpstreamRequest, type UpstreamResponse } from "../../domain/upstream.ts";
import { opensStream } from "../../mcp-protocol/vocabulary/methods.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import type { UpstreamTokens } from "../oauth/upstream-tokens.ts";
import { type ConnectionPool, createConnectionPool } from "./connection-pool.ts";
import { withoutContentCoding } from "./content-decoding.ts";
import { dispatchExchange } from "./dispatch-exchange.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { requestHeaders } from "./headers.ts";

export interface HttpUpstreamOptions {
  readonly name: string;
  /** The MCP endpoint. Credentials belong into `headers`, not into the URL. */
  readonly url: URL;
  /** Sent with every request and stronger than the caller's: the gateway's own credentials. Lower-case names. */
  headers?(): Readonly<Record<string, string>>;
  /** Where `Authorization` comes from, if not from `headers`. */
  readonly tokens?: UpstreamTokens;
  /** PEM of the authority that signed the server's certificate, instead of the system's: that of now. */
  ca?(): string | undefined;
  readonly connectTimeoutMs: number;
  /** How long it may be silent about a request, where that is not as for all. */
  readonly requestTimeoutMs?: number;
  /** From the start of an exchange to the head of its response; 0 for as long as the caller waits. */
  readonly headersTimeoutMs: number;
  /** Longest silence within a response's body; 0 for none. GET streams and subscriptions may be silent forever. */
  readonly idleTimeoutMs: number;
  /** Connections for calls. */
  readonly maxConnections: number;
  /** Calls that may wait for a connection. */
  readonly maxWaiting: number;
  /** Connections for streams that stay open, apart from those for calls. */
  readonly maxStreams: number;
  readonly propagateTrace: boolean;
  readonly observer: UpstreamObserver;
}

/** An MCP server spoken to over Streamable HTTP. Exchanges are passed through; redirects are not followed. */
export function createHttpUpstream(options: HttpUpstreamOptions): ObservedUpstream {
  const { name, url } = options;
  const shared = {
    upstream: name,
    origin: url.origin,
    ca: options.ca,
    connectTimeoutMs: options.connectTimeoutMs,
  };
  const calls = createConnectionPool({
    ...shared,
    connections: options.maxConnections,
    maxWaiting: options.maxWaiting,
  });
  // A stream holds its connection until it ends, so waiting for one could last forever: none waits.
  const streams = createConnectionPool({ ...shared, connections: options.maxStreams, maxWaiting: 0 });

  const { tokens } = options;

  function send(
    request: UpstreamRequest,
    pool: ConnectionPool,
    failed: (error: UpstreamError) => void,
  ): Promise<UpstreamResponse> {
    return tokens === undefined
      ? sendWith({}, request, pool, failed)
      : sendWithToken(tokens, request, pool, failed);
  }

  async function sendWithToken(
    tokens: UpstreamTokens,
    request: UpstreamRequest,
    pool: ConnectionPool,
    failed: (error: UpstreamError) => void,
  ): Promise<UpstreamResponse> {
    const { caller, signal } = request;
    const token = await tokens.tokenFor(caller, signal);
    const response = await sendWith(bearer(token), request, pool, failed);
    if (response.status !== 401) {
      return response;
    }
    // It may have been withdrawn before its time. The server did nothing yet, and is asked once more, not again.
    const other = await tokens.replacement(token, caller, signal).catch((error: unknown) => {
      response.body.destroy();
      throw error;
    });
    if (other === null) {
      return response;
    }
    response.body.destroy();
    return sendWith(bearer(other), request, pool, failed);
  }

  async function sendWith(
    credentials: Readonly<Record<string, string>>,
    request: UpstreamRequest,
    pool: ConnectionPool,
    failed: (error: UpstreamError) => void,
  ): Promise<UpstreamResponse> {
    const response = await dispatchExchange(
      {
        name,
        dispatcher: pool.dispatcher,
        origin: url.origin,
        path: url.pathname + url.search,
        headers: requestHeaders(request.headers, { ...options.headers?.(), ...credentials }),
        headersTimeoutMs: options.headersTimeoutMs,
        idleTimeoutMs: pool === streams ? 0 : options.idleTimeoutMs,
      },
      request,
      { ...pool.enter(), failed },
    );
    return withoutContentCoding(name, response);
  }

  async function exchange(request: UpstreamRequest): Promise<UpstreamResponse> {
    let reported = false;
    const report = (error: UpstreamError) => {
      if (error.code !== "cancelled") {
        reported = true;
        options.observer(name, {
          type: "failed",
          code: error.code,
          message: error.message,
          cause: error.cause,
        });
      }
    };
    try {
      return await send(request, staysOpen(request) ? streams : calls, report);
    } catch (error) {
      if (!reported && error instanceof UpstreamError) {
        report(error);
      }
      throw error;
    }
  }

  return {
    name,
    transport: "tcp",
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    propagateTrace: options.propagateTrace,
    exchange,
    check: (signal) => checkEndpoint(name, url.pathname, (request) => send(request, calls, () => {}), signal),
    stats: () => ({ calls: calls.figures(), streams: streams.figures() }),
    close: async () => {
      await Promise.all([calls.close(), streams.close(), tokens?.close()]);
    },
  };
}

function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** GET opens the stream of a session, `subscriptions/listen` that of a stateless revision. */
function staysOpen(request: UpstreamRequest): boolean {
  return (
    request.method === "GET" ||
    (request.messages?.some((message) => "method" in message && opensStream(message.method)) ?? false)
  );
}
