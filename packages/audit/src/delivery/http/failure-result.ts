import type { Failure } from "../domain/sink.ts";
import { failureWords } from "./failure-words.ts";

/** Before anything was sent: the receiver has not got it. */
const UNREACHED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "EPROTO",
]);

/** Of OpenSSL and Node, for a certificate that is not to be trusted. */
const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** What the receiver says of our certificate, or of the lack of one; with TLS 1.3 after the handshake. */
const OURS_REFUSED = /^ERR_SSL_\S*ALERT_(\S*CERTIFICATE\S*|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)$/;
/** It refuses the connection as such: versions, ciphers, names. */
const TLS_REFUSED = /^ERR_SSL_\S*ALERT_(?!INTERNAL_ERROR)/;

/** What a request that got no response means: a wrong certificate, no receiver there, or that its end is not known. */
export function failureResult(error: unknown): Failure {
  const { code, name, message } = deepest(error);
  if (CERTIFICATE.test(code)) {
    return { kind: "configuration", reason: `the receiver's certificate is not accepted: ${code}` };
  }
  if (OURS_REFUSED.test(code)) {
    const reason = `the receiver does not accept our certificate, or demands one: check tls.certFile and tls.keyFile (${code})`;
    return { kind: "configuration", reason };
  }
  if (TLS_REFUSED.test(code)) {
    return {
      kind: "configuration",
      reason: `the receiver refuses our TLS connection: check versions, its name, and whether it demands a certificate (${code})`,
    };
  }
  const reason = failureWords(code === "" ? name : code, `the connection failed: ${message}`);
  return UNREACHED.has(code)
    ? { kind: "retry", reason, unreached: true }
    : { kind: "maybe_duplicate", reason };
}

/** Libraries wrap the error of the socket. */
function deepest(error: unknown): { readonly code: string; readonly name: string; readonly message: string } {
  const { cause, code, message, name, errors } = Object(error) as {
    cause?: unknown;
    code?: unknown;
    message?: unknown;
    name?: unknown;
    errors?: unknown[];
  };
  if (cause !== undefined) {
    return deepest(cause);
  }
  // Several addresses of one name, each with its own failure.
  if (Array.isArray(errors) && errors.length > 0) {
    return deepest(errors[0]);
  }
  return {
    code: typeof code === "string" ? code : "",
    name: String(name),
    message: String(message ?? error).slice(0, 200),
  };
}
