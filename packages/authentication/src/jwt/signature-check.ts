import { followFiles } from "@sark/observability/files";
import { jwtVerify, type JWTVerifyOptions, type JWTVerifyResult } from "jose";
import type { SigningKeyObserver } from "../observer.ts";
import { checkedAlgorithms, type TokenAlgorithm } from "./algorithms.ts";
import { readPublicKey } from "./public-key.ts";
import { createRemoteKeys, type RemoteKeysOptions } from "./remote-keys.ts";

/** What a token must be signed with, and what for. */
export interface SignatureOptions {
  /** Required `iss`. */
  readonly issuer: string;
  /** Where the issuer publishes its keys; else `publicKeyFile`. */
  readonly jwksUrl?: string | undefined;
  /** One public key, PEM (SubjectPublicKeyInfo) or a certificate. */
  readonly publicKeyFile?: string | undefined;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly clockToleranceSeconds: number;
  /** Timing of requests for the issuer's keys. */
  readonly keys?: Omit<RemoteKeysOptions, "jwksUrl" | "observer">;
}

export interface SignatureCheck {
  /** Rejects with what the library of tokens says, or `KeysUnavailableError`. */
  token(token: string): Promise<JWTVerifyResult>;
  /** Looks whether the key has changed. */
  refresh(): void;
}

/** @param changed what was signed with another key than that of now is not to be believed any more */
export function createSignatureCheck(
  options: SignatureOptions,
  observer: SigningKeyObserver,
  changed: () => void,
): SignatureCheck {
  const { issuer, jwksUrl, publicKeyFile } = options;
  const rules: JWTVerifyOptions = {
    issuer,
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
      () => readPublicKey(publicKeyFile, options.algorithms),
      (problem) => {
        if (problem === null) {
          changed();
        }
        observer.signingKeyFileChanged({ issuer, problem });
      },
    );
    return {
      token: (token) => jwtVerify(token, key.current(), rules),
      refresh: () => void key.current(),
    };
  }
  const keys = createRemoteKeys({
    ...options.keys,
    jwksUrl: jwksUrl ?? "",
    observer: {
      signingKeysFetchFailed: (event) => observer.signingKeysFetchFailed({ issuer, ...event }),
      signingKeysFetched: () => observer.signingKeysFetched({ issuer }),
    },
  });
  return { token: (token) => jwtVerify(token, keys, rules), refresh: () => undefined };
}
