import { createLocalJWKSet, jwtVerify, type JWTPayload } from "jose";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { KoaContextWithOIDC, ResourceServer } from "oidc-provider";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { createSigningKey, exportPrivateJwk } from "../token-issuer/signing-keys.ts";
import { interact } from "./interactions.ts";
import { exchangeTokens, TOKEN_EXCHANGE } from "./exchange-tokens.ts";

/** A client that may get tokens for itself, and exchange those of others. */
export const CONFIDENTIAL_CLIENT = { id: "sark gateway", secret: "s3cret:of/the gateway" } as const;

export interface AuthorizationServer {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly tokenEndpoint: string;
  /** Parameters of the requests that it took for a code, and for tokens, in their order. */
  readonly requests: readonly {
    readonly for: "code" | "token";
    readonly parameters: Readonly<Record<string, unknown>>;
  }[];
  /** Metadata of the clients that registered themselves. */
  readonly registered: readonly Readonly<Record<string, unknown>>[];
  /** The claims of one of its tokens; rejects for any other, and for one that is meant for another resource. */
  verify(token: string, resource: string): Promise<JWTPayload>;
  close(): Promise<void>;
}

const USER = "alice";

/** Seconds that access tokens live. */
const LIFETIME = 3_600;

/**
 * A real authorization server (oidc-provider) on a loopback address: client credentials, resource indicators, token exchange,
 * and clients that register themselves and send a browser, whose user is `alice` and consents. Its tokens are JWTs for one of `resources`, which has these scopes; any other resource is `invalid_target`.
 */
export async function startAuthorizationServer(
  resources: Readonly<Record<string, readonly string[]>>,
): Promise<AuthorizationServer> {
  // Loaded where it is needed only: it is large.
  const oidc = await import("oidc-provider");
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const key = await createSigningKey("ES256");
  const resourceServerOf = (resource: string): ResourceServer => {
    const scopes = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
    if (scopes === undefined) {
      throw new oidc.errors.InvalidTarget();
    }
    return {
      scope: scopes.join(" "),
      audience: resource,
      accessTokenFormat: "jwt",
      accessTokenTTL: LIFETIME,
      jwt: { sign: { alg: "ES256" } },
    };
  };
  const requests: AuthorizationServer["requests"][number][] = [];
  const registered: Record<string, unknown>[] = [];
  const provider = new oidc.Provider(issuer, {
    jwks: { keys: [await exportPrivateJwk(key)] },
    clients: [
      {
        client_id: CONFIDENTIAL_CLIENT.id,
        client_secret: CONFIDENTIAL_CLIENT.secret,
        grant_types: ["client_credentials", TOKEN_EXCHANGE],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: "ES256",
      },
    ],
    scopes: [...new Set(Object.values(resources).flat())],
    ttl: { ClientCredentials: () => LIFETIME, AccessToken: () => LIFETIME },
    clientDefaults: { application_type: "native", id_token_signed_response_alg: "ES256" },
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      registration: {
        enabled: true,
        idFactory({ oidc: { body = {} } }) {
          registered.push({ ...body });
          // Scopes are for the user to give, each time: a client may ask for more than it has registered with.
          delete body["scope"];
          return randomUUID();
        },
      },
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => resourceServerOf(resource),
      },
    },
  });
  const keys = createLocalJWKSet({ keys: [key.publicJwk] });
  exchangeTokens(provider, oidc.errors, keys, resourceServerOf);
  const record = (kind: "code" | "token", { oidc: { params } }: KoaContextWithOIDC) =>
    void requests.push({ for: kind, parameters: { ...params } });
  provider.on("authorization.success", (context) => record("code", context));
  provider.on("grant.success", (context) => record("token", context));
  const handle = provider.callback();
  server.on("request", (request, response) => {
    void (request.url?.startsWith("/interaction/") === true
      ? interact(provider, USER, request, response)
      : handle(request, response));
  });
  return {
    issuer,
    requests,
    registered,
    jwksUrl: `${issuer}/jwks`,
    tokenEndpoint: `${issuer}/token`,
    verify: async (token, audience) => (await jwtVerify(token, keys, { issuer, audience })).payload,
    close: () => closeServer(server),
  };
}
