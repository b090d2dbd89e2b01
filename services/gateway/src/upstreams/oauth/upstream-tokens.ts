import { hash } from "node:crypto";
import { decodeJwt } from "jose";
import { LRUCache } from "lru-cache";
import type { Caller } from "../../domain/governance.ts";
import { abortedUnsent, UpstreamError } from "../../domain/upstream.ts";
import type { UpstreamObserver } from "../contract/observer.ts";
import { sourceOf } from "../../domain/source.ts";
import { untilAborted } from "../waiting/until-aborted.ts";
import { createHeldToken, type FetchToken, type HeldToken } from "./held-token.ts";
import { CLIENT_CREDENTIALS, TOKEN_EXCHANGE, type TokenEndpoint } from "./token-endpoint.ts";
import { TokenError } from "./token-error.ts";

export interface UpstreamTokensOptions {
  /** The server's name. */
  readonly upstream: string;
  readonly endpoint: TokenEndpoint;
  readonly grant: "client_credentials" | "token_exchange";
  readonly callersWithoutToken: "refuse" | "client_credentials";
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
  readonly audience: string | undefined;
  readonly observer: UpstreamObserver;
}

/** The gateway's tokens for one server: its own, or one for each caller. Never the caller's own. */
export interface UpstreamTokens {
  /** What to send on behalf of a caller, `null` being the gateway itself. Rejects with an `UpstreamError`. */
  tokenFor(caller: Caller | null, signal: AbortSignal): Promise<string>;
  /** Another one in the place of one that the server refused; `null` where there is none to be had. */
  replacement(refused: string, caller: Caller | null, signal: AbortSignal): Promise<string | null>;
  close(): Promise<void>;
}

/** A source that no principal is. */
const THE_GATEWAY = "";

/** Callers whose tokens for the server are kept; the longest unused ones make room. */
const MAX_CALLERS = 5_000;

const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

export function createUpstreamTokens(options: UpstreamTokensOptions): UpstreamTokens {
  const { upstream, endpoint, observer } = options;
  const own = createHeldToken();
  const ofCallers = new LRUCache<string, HeldToken>({ max: MAX_CALLERS });
  const target: readonly [string, string][] = [
    ...(options.scopes.length === 0 ? [] : [["scope", options.scopes.join(" ")] satisfies [string, string]]),
    ...(options.resource === undefined ? [] : [["resource", options.resource] satisfies [string, string]]),
    ...(options.audience === undefined ? [] : [["audience", options.audience] satisfies [string, string]]),
  ];

  const ask = async (...request: Parameters<TokenEndpoint["request"]>) => {
    const grant = request[0] === TOKEN_EXCHANGE ? "token_exchange" : "client_credentials";
    try {
      const token = await endpoint.request(...request);
      observer(upstream, { type: "token_requested", grant, problem: null });
      return token;
    } catch (error) {
      observer(upstream, { type: "token_requested", grant, problem: (error as Error).message });
      throw error;
    }
  };
  const fetchOwn: FetchToken = () => ask(CLIENT_CREDENTIALS, target, THE_GATEWAY);

  function sourceFor(caller: Caller | null): { readonly held: HeldToken; readonly fetch: FetchToken } {
    if (options.grant === "client_credentials" || caller === null) {
      return { held: own, fetch: fetchOwn };
    }
    if (caller.subjectToken === undefined) {
      if (options.callersWithoutToken === "client_credentials") {
        return { held: own, fetch: fetchOwn };
      }
      const message = "the caller has no token that could be exchanged; it has to authenticate with one";
      throw new TokenError("refused", message);
    }
    const subject = caller.subjectToken();
    const exchange = [...exchangeOf(subject), ...target];
    const source = sourceOf(caller.principal);
    return { held: heldFor(subject), fetch: () => ask(TOKEN_EXCHANGE, exchange, source) };
  }

  /** By the token and not by the principal: another token of the same caller may be good for less. */
  function heldFor(subject: string): HeldToken {
    const key = hash("sha256", subject, "base64");
    let held = ofCallers.get(key);
    if (held === undefined) {
      const leftMs = (decodeJwt(subject).exp ?? 0) * 1_000 - Date.now();
      if (leftMs <= 0) {
        // As when a session is ended at its server long after its caller was here.
        throw new TokenError("refused", "the caller's token has expired");
      }
      held = createHeldToken(performance.now() + leftMs);
      ofCallers.set(key, held, { ttl: Math.ceil(leftMs) });
    }
    return held;
  }

  async function ofSource<T>(
    caller: Caller | null,
    signal: AbortSignal,
    take: (source: ReturnType<typeof sourceFor>) => Promise<T>,
  ): Promise<T> {
    try {
      return await untilAborted(take(sourceFor(caller)), signal, () => abortedUnsent(upstream, signal));
    } catch (error) {
      if (!(error instanceof TokenError)) {
        throw error;
      }
      throw new UpstreamError(
        "upstream_credentials",
        `no token for upstream "${upstream}" could be had: ${error.message}`,
      );
    }
  }

  return {
    tokenFor: (caller, signal) => ofSource(caller, signal, ({ held, fetch }) => held.get(fetch)),
    replacement: (refused, caller, signal) =>
      ofSource(caller, signal, ({ held, fetch }) => held.replace(refused, fetch)),
    close: () => endpoint.close(),
  };
}

function exchangeOf(subject: string): readonly [string, string][] {
  return [
    ["subject_token", subject],
    ["subject_token_type", ACCESS_TOKEN_TYPE],
    ["requested_token_type", ACCESS_TOKEN_TYPE],
  ];
}
