import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from "jose";
import { randomUUID } from "node:crypto";

export const SIGNING_ALGORITHMS = ["EdDSA", "ES256", "RS256"] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: CryptoKey;
  /** As it stands in a JWKS. */
  readonly publicJwk: JWK;
}

/** A new key pair; it is unknown until an issuer publishes it. */
export async function createSigningKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const kid = randomUUID();
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: "sig" };
  return { kid, algorithm, privateKey, publicJwk };
}

/** The private half, for a server that signs by itself. */
export async function exportPrivateJwk({ kid, algorithm, privateKey }: SigningKey): Promise<JWK> {
  return { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: "sig" };
}

/** Claims of a token; `undefined` leaves one out. */
export type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

/** A JWT with exactly these claims. */
export function signToken(claims: Claims, key: SigningKey): Promise<string> {
  const present = Object.entries(claims).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(present))
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: "JWT" })
    .sign(key.privateKey);
}
