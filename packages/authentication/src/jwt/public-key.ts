import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { TokenAlgorithm } from "./algorithms.ts";

const MIN_RSA_BITS = 2_048;
const CURVES: Readonly<Record<string, string>> = {
  ES256: "prime256v1",
  ES384: "secp384r1",
  ES512: "secp521r1",
};

/** The issuer's one public key. Throws `TypeError` for anything that no token of these algorithms could be verified with. */
export function readPublicKey(path: string, algorithms: readonly TokenAlgorithm[]): KeyObject {
  // Reading a pipe that no program writes would hold the process for ever.
  if (!statSync(path).isFile()) {
    throw new TypeError(`authentication.jwt.publicKeyFile: ${path} is not a regular file`);
  }
  const pem = readFileSync(path, "utf8");
  // From it the public key could be had; but what signs for the issuer has no place here.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new TypeError(
      `authentication.jwt.publicKeyFile: ${path} holds a private key; put the public one there`,
    );
  }
  const key = parse(path, pem);
  if (!algorithms.some((algorithm) => suits(key, algorithm))) {
    throw new TypeError(
      `authentication.jwt.publicKeyFile: ${path} holds ${describe(key)}, which suits none of ${algorithms.join(", ")}`,
    );
  }
  return key;
}

function parse(path: string, pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    // OpenSSL's own words do not help.
    throw new TypeError(
      `authentication.jwt.publicKeyFile: ${path} is no public key and no certificate in PEM`,
      { cause },
    );
  }
}

/** RFC 7518, section 3: the curve of each algorithm, and the least size of RSA keys. */
function suits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: TokenAlgorithm): boolean {
  if (asymmetricKeyType === "rsa") {
    return /^[RP]S/.test(algorithm) && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  }
  if (asymmetricKeyType === "ec") {
    return CURVES[algorithm] !== undefined && CURVES[algorithm] === asymmetricKeyDetails?.namedCurve;
  }
  return asymmetricKeyType === "ed25519" && (algorithm === "EdDSA" || algorithm === "Ed25519");
}

function describe({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  const size = modulusLength === undefined ? (namedCurve ?? "") : `of ${modulusLength} bits`;
  return `a key ${[asymmetricKeyType, size].filter(Boolean).join(" ")}`;
}
