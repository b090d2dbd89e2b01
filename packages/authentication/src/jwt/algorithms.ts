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
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** The configuration may come from anywhere: what is not on the list is refused when the gateway starts. */
export function checkedAlgorithms(algorithms: readonly string[]): string[] {
  const allowed: readonly string[] = TOKEN_ALGORITHMS;
  const bad = algorithms.filter((algorithm) => !allowed.includes(algorithm));
  if (bad.length > 0 || algorithms.length === 0) {
    throw new TypeError(
      `authentication.jwt: algorithms: ${bad.join(", ") || "none given"}; use some of ${allowed.join(", ")}`,
    );
  }
  return [...algorithms];
}
