import { backoffMs } from "@sark/observability/waiting";
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
} from "oauth4webapi";
import { Agent, fetch } from "undici";
import { createFairQueue } from "@sark/scheduling";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import { endpointFault } from "./endpoint-fault.ts";
import { readBounded } from "./read-bounded.ts";
import { TokenError } from "./token-error.ts";
import { readTokenResponse, type IssuedToken } from "./token-response.ts";

export interface TokenEndpointOptions {
  /** From the configuration and from nowhere else. */
  readonly url: string;
  /** Those of now. */
  clientId(): string;
  clientSecret(): string;
  readonly clientAuthentication: "client_secret_basic" | "client_secret_post";
  ca?(): string | undefined;
  readonly timeoutMs: number;
}

export const CLIENT_CREDENTIALS = "client_credentials";
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

export interface TokenEndpoint {
  /**
   * Asks for a token. Rejects with `TokenError`: at once while an endpoint that was found to be away is not asked.
   * @param source whose turn it takes: callers have theirs one after the other, however many tokens one of them has
   */
  request(
    grant: typeof CLIENT_CREDENTIALS | typeof TOKEN_EXCHANGE,
    parameters: readonly [string, string][],
    source: string,
  ): Promise<IssuedToken>;
  close(): Promise<void>;
}

/** Requests under way, each on a connection of its own: its time does not go by while it waits for one. */
const AT_ONCE = { atOnce: 16, perSource: 4 };
/** So many more may wait for their turns, and of one caller with many tokens. */
const MAX_WAITING = 1_024;
const MAX_WAITING_PER_SOURCE = 64;
const WAIT = { baseMs: 1_000, maxMs: 30_000, jitter: "none" } as const;

/** The token endpoint of one server's authorization server. */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { url, timeoutMs } = options;
  let ca = options.ca?.();
  let agent = createAgent(ca);
  const turns = createFairQueue(AT_ONCE);
  let failures = 0;
  let away: { readonly error: TokenError; readonly until: number } | null = null;

  function dispatcher(): Agent {
    const now = options.ca?.();
    if (now !== ca) {
      void agent.close();
      agent = createAgent((ca = now));
    }
    return agent;
  }

  async function send(grant: string, parameters: readonly [string, string][]): Promise<IssuedToken> {
    const server = { issuer: new URL(url).origin, token_endpoint: url };
    const authenticate =
      options.clientAuthentication === "client_secret_basic" ? ClientSecretBasic : ClientSecretPost;
    const client = { client_id: options.clientId() };
    let response: Response;
    try {
      response = await genericTokenEndpointRequest(
        server,
        client,
        authenticate(options.clientSecret()),
        grant,
        new URLSearchParams([...parameters]),
        {
          signal: AbortSignal.timeout(timeoutMs),
          [allowInsecureRequests]: url.startsWith("http:"),
          [customFetch]: async (to, { method, headers, body, signal }) =>
            readBounded(
              await fetch(to, {
                method,
                headers,
                body: body.toString(),
                redirect: "manual",
                signal: signal ?? null,
                dispatcher: dispatcher(),
              }),
            ),
        },
      );
    } catch (error) {
      throw new TokenError("unavailable", `the token endpoint ${url} ${unreachable(error, timeoutMs)}`);
    }
    if (response.status !== 200) {
      throw endpointFault(url, response, await response.text());
    }
    // The library takes any text that happens to be JSON.
    if (mediaType(response.headers.get("content-type") ?? undefined) !== "application/json") {
      throw new TokenError("refused", `the token endpoint ${url} sent something that is no JSON`);
    }
    let token: Parameters<typeof readTokenResponse>[1];
    try {
      token = await processGenericTokenEndpointResponse(server, client, response);
    } catch {
      throw new TokenError("refused", `the token endpoint ${url} sent something that is no bearer token`);
    }
    return readTokenResponse(url, token, { exchanged: grant === TOKEN_EXCHANGE });
  }

  function checkAway(): void {
    if (away !== null && performance.now() < away.until) {
      throw away.error;
    }
  }

  async function sendOnce(grant: string, parameters: readonly [string, string][]): Promise<IssuedToken> {
    // Once more: it may have waited behind those that found it to be away.
    checkAway();
    try {
      const token = await send(grant, parameters);
      failures = 0;
      away = null;
      return token;
    } catch (error) {
      if (error instanceof TokenError && error.kind === "unavailable") {
        // Those that failed together count once.
        failures += away === null || performance.now() >= away.until ? 1 : 0;
        const waitMs = Math.max(backoffMs(failures, WAIT), error.retryAfterMs ?? 0);
        away = { error, until: performance.now() + waitMs };
      }
      throw error;
    }
  }

  return {
    async request(grant, parameters, source) {
      checkAway();
      if (turns.waiting() >= MAX_WAITING || turns.waiting(source) >= MAX_WAITING_PER_SOURCE) {
        throw new TokenError("refused", `too many requests wait for the token endpoint ${url}`);
      }
      return turns.run(source, () => sendOnce(grant, parameters));
    },
    close: () => agent.destroy(),
  };
}

function createAgent(ca: string | undefined): Agent {
  return new Agent({
    connections: AT_ONCE.atOnce,
    maxHeaderSize: 16 * 1024,
    ...(ca === undefined ? {} : { connect: { ca } }),
  });
}

function unreachable(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") {
    return `did not respond within ${timeoutMs} ms`;
  }
  const { code } = (cause ?? {}) as { code?: unknown };
  return `could not be asked: ${typeof code === "string" ? code : message.slice(0, 200)}`;
}
