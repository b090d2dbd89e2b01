import type { Failure } from "../sink.ts";

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
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_SSL_(TLSV1|TLSV13|SSLV3)_ALERT_)/;

/** What a request that got no answer means: a wrong certificate, nobody there, or nobody knows. */
export function failureOutcome(error: unknown): Failure {
  const { code, message } = deepest(error);
  if (CERTIFICATE.test(code)) {
    return { kind: "configuration", reason: `the receiver's certificate is not accepted: ${code}` };
  }
  if (UNREACHED.has(code)) return { kind: "retry", reason: `cannot connect: ${code}` };
  return { kind: "maybe_duplicate", reason: `no answer: ${code === "" ? message : code}` };
}

/** Libraries wrap the error of the socket. */
function deepest(error: unknown): { readonly code: string; readonly message: string } {
  const { cause, code, message, name, errors } = Object(error) as {
    cause?: unknown;
    code?: unknown;
    message?: unknown;
    name?: unknown;
    errors?: unknown[];
  };
  if (cause !== undefined) return deepest(cause);
  // Several addresses of one name, each with its own failure.
  if (Array.isArray(errors) && errors.length > 0) return deepest(errors[0]);
  const words = name === "TimeoutError" || name === "AbortError" ? name : String(message ?? error);
  return { code: typeof code === "string" ? code : "", message: words.slice(0, 200) };
}
