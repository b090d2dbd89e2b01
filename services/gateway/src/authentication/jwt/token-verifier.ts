import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { parseJson } from "@sark/audit/json";
import { followFiles } from "@sark/observability/files";
import {
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from "jose";
import { LRUCache } from "lru-cache";
import type { Authenticated } from "../../domain/principal.ts";
import { AuthenticationError } from "../../domain/authentication-error.ts";
import type { AuthenticationObserver } from "../contract/observer.ts";
import { DEFAULT_CLAIMS, toPrincipal, type ClaimNames } from "./claims.ts";
import { tokenId } from "./token-id.ts";
import { createRemoteKeys, KeysUnavailableError, type RemoteKeysOptions } from "./remote-keys.ts";

/** Signatures by key pairs only: a key that verifies a symmetric one can also make it. */
export const TOKEN_ALGORITHMS = [
  "EdDSA",
  "Ed25519",
  "ES256",
  "ES384",
  "ES512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
] as const;
type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

export interface TokenOptions {
  /** Required `iss`. */
  readonly issuer: string;
  /** Required `aud`. */
  readonly audience: string;
  /** Where the issuer publishes its keys; else `publicKeyFile`. */
  readonly jwksUrl?: string | undefined;
  /** One public key, PEM (SubjectPublicKeyInfo) or a certificate. */
  readonly publicKeyFile?: string | undefined;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly clockToleranceSeconds: number;
  /** Overrides of the claims that say who the caller is. */
  readonly claims?: Partial<ClaimNames>;
  /** Timing of requests for the issuer's keys. */
  readonly keys?: Omit<RemoteKeysOptions, "jwksUrl" | "observer">;
  /** A verified token is accepted this long without being verified again, and never beyond its expiry. Default: 60 s. */
  readonly rememberSeconds?: number;
}

export interface TokenVerifier {
  /** Whose token this is; rejects with `AuthenticationError`. */
  authenticate(token: string): Promise<Authenticated>;
}

const MAX_REMEMBERED = 10_000;

export function createTokenVerifier(options: TokenOptions, observer: AuthenticationObserver): TokenVerifier {
  const { rememberSeconds = 60, clockToleranceSeconds } = options;
  const claims = { ...DEFAULT_CLAIMS, ...options.claims };
  /** Rises when tokens that were believed are to be looked at again. */
  let epoch = 0;
  const verify = verification(options, observer, () => {
    epoch += 1;
    remembered.clear();
  });
  const remembered = new LRUCache<string, Authenticated>({ max: MAX_REMEMBERED });

  return {
    async authenticate(token) {
      verify.refresh();
      // The digest, so that memory holds no credential.
      const digest = hash("sha256", token, "base64");
      const known = remembered.get(digest);
      if (known !== undefined) {
        return known;
      }
      const begun = epoch;
      const verified = await verify.token(token).catch((error: unknown) => {
        throw toAuthenticationError(error);
      });
      const { payload } = verified;
      const principal = toPrincipal(claimsOf(token), claims);
      const authenticated = Object.freeze({ principal, credential: tokenId(verified) });
      const left = (payload.exp ?? 0) + clockToleranceSeconds - Date.now() / 1000;
      const seconds = Math.min(rememberSeconds, left);
      if (seconds > 0 && begun === epoch) {
        remembered.set(digest, authenticated, { ttl: Math.ceil(seconds * 1000) });
      }
      return authenticated;
    },
  };
}

/** The claims of a verified token with all digits of their numbers, which jose reads as doubles. */
function claimsOf(token: string): JWTPayload {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  return parseJson(payload, "any") as JWTPayload;
}

interface Verification {
  token(token: string): Promise<JWTVerifyResult>;
  /** Looks whether the key has changed. */
  refresh(): void;
}

/** @param changed what was signed with another key than that of now is not to be believed any more */
function verification(
  options: TokenOptions,
  observer: AuthenticationObserver,
  changed: () => void,
): Verification {
  const { jwksUrl, publicKeyFile } = options;
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: checkedAlgorithms(options.algorithms),
    clockTolerance: options.clockToleranceSeconds,
    requiredClaims: ["exp"],
  };
  if ((jwksUrl === undefined) === (publicKeyFile === undefined)) {
    throw new TypeError("authentication.jwt needs either jwksUrl or publicKeyFile");
  }
  if (publicKeyFile !== undefined) {
    const key = followFiles(
      [publicKeyFile],
      () => readPublicKey(publicKeyFile),
      (problem) => {
        if (problem === null) {
          changed();
        }
        observer.signingKeyFileChanged({ problem });
      },
    );
    return {
      token: (token) => jwtVerify(token, key.current(), rules),
      refresh: () => void key.current(),
    };
  }
  const keys: JWTVerifyGetKey = createRemoteKeys({ ...options.keys, jwksUrl: jwksUrl ?? "", observer });
  return { token: (token) => jwtVerify(token, keys, rules), refresh: () => undefined };
}

function readPublicKey(path: string): KeyObject {
  // Reading a pipe that no program writes would hold the process for ever.
  if (!statSync(path).isFile()) {
    throw new TypeError(`authentication.jwt.publicKeyFile: ${path} is not a regular file`);
  }
  const pem = readFileSync(path);
  try {
    return createPublicKey(pem);
  } catch (cause) {
    // OpenSSL's own words do not help.
    throw new TypeError(
      `authentication.jwt.publicKeyFile: ${path} is no public key and no certificate in PEM`,
      {
        cause,
      },
    );
  }
}

/** The configuration may come from anywhere: what is not on the list is refused when the gateway starts. */
function checkedAlgorithms(algorithms: readonly string[]): string[] {
  const allowed: readonly string[] = TOKEN_ALGORITHMS;
  const bad = algorithms.filter((algorithm) => !allowed.includes(algorithm));
  if (bad.length > 0 || algorithms.length === 0) {
    throw new TypeError(
      `authentication.jwt.algorithms: ${bad.join(", ") || "none given"}; use some of ${allowed.join(", ")}`,
    );
  }
  return [...algorithms];
}

function toAuthenticationError(error: unknown): AuthenticationError {
  if (error instanceof AuthenticationError) {
    return error;
  }
  const options = { cause: error };
  if (error instanceof KeysUnavailableError) {
    const message = "The token cannot be checked now: its issuer's keys are out of reach. Try again shortly.";
    return new AuthenticationError("jwks_unavailable", message, options);
  }
  if (error instanceof errors.JWTExpired) {
    return new AuthenticationError("expired_token", "The token has expired.", options);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return fromClaim(error);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new AuthenticationError("bad_signature", "The token's signature is not valid.", options);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return new AuthenticationError(
      "unsupported_algorithm",
      "The token's algorithm is not accepted.",
      options,
    );
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    const message = "The token is signed with a key that its issuer does not publish.";
    return new AuthenticationError("unknown_signing_key", message, options);
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return new AuthenticationError("malformed_credentials", "The token cannot be read.", options);
  }
  // A key that does not suit the token's algorithm, or one that cannot be imported.
  return new AuthenticationError("bad_signature", "The token's signature cannot be checked.", options);
}

function fromClaim(error: errors.JWTClaimValidationFailed): AuthenticationError {
  const options = { cause: error };
  // One that is missing, or is no number, is not a matter of time.
  const failedCheck = error.reason === "check_failed";
  switch (failedCheck ? error.claim : "") {
    case "nbf":
      return new AuthenticationError("not_yet_valid", "The token is not valid yet.", options);
    case "iss":
      return new AuthenticationError("wrong_issuer", "The token comes from another issuer.", options);
    case "aud":
      return new AuthenticationError("wrong_audience", "The token is meant for another audience.", options);
    default:
      return new AuthenticationError(
        "invalid_claims",
        `The token's claim '${error.claim}' is missing or not valid.`,
        options,
      );
  }
}
