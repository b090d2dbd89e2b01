import { UpstreamError, type UpstreamErrorCode } from "../../domain/upstream.ts";

/** Codes of undici, llhttp and the operating system that say more than "the connection broke". */
const BY_CODE: Readonly<Record<string, UpstreamErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: "upstream_unreachable",
  UND_ERR_CLOSED: "upstream_unreachable",
  UND_ERR_DESTROYED: "upstream_unreachable",
  ECONNREFUSED: "upstream_unreachable",
  ENOTFOUND: "upstream_unreachable",
  EAI_AGAIN: "upstream_unreachable",
  EHOSTUNREACH: "upstream_unreachable",
  ENETUNREACH: "upstream_unreachable",
  EADDRNOTAVAIL: "upstream_unreachable",
  EACCES: "upstream_unreachable",
  EMFILE: "upstream_overloaded",
  ENFILE: "upstream_overloaded",
  ETIMEDOUT: "upstream_timeout",
  UND_ERR_HEADERS_TIMEOUT: "upstream_timeout",
  UND_ERR_BODY_TIMEOUT: "upstream_timeout",
  UND_ERR_HEADERS_OVERFLOW: "upstream_garbage",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "upstream_garbage",
  UND_ERR_NOT_SUPPORTED: "upstream_garbage",
};

const SENTENCES: Readonly<Record<UpstreamErrorCode, string>> = {
  upstream_unreachable: "could not be reached; check its URL and that it is running",
  upstream_died: "closed the connection before its response was complete",
  upstream_timeout: "sent nothing for longer than its configured timeout",
  upstream_garbage: "sent something that is not an HTTP response, or one with too large a head",
  upstream_too_large: "sent more than the gateway takes",
  upstream_redirected: "responded with a redirect, which is not followed",
  upstream_credentials: "could not be sent credentials",
  upstream_overloaded: "has no free connection; raise its maxConnections or lower the load",
  cancelled: "was told that the caller went away",
};

/**
 * Says in the gateway's own words what went wrong on a connection. `connected` tells a failure to
 * connect from one in the middle of an exchange, which matters for errors such as ECONNRESET.
 */
export function toUpstreamError(name: string, cause: unknown, connected: boolean): UpstreamError {
  if (cause instanceof UpstreamError) {
    return cause;
  }
  const code = classify(cause, connected);
  return new UpstreamError(code, `upstream "${name}" ${SENTENCES[code]}`, { cause });
}

function classify(cause: unknown, connected: boolean): UpstreamErrorCode {
  const code = errorCode(cause);
  if (code.startsWith("HPE_") || (cause instanceof Error && cause.name === "HTTPParserError")) {
    // llhttp calls a chunked body that ends early a parse error; to us the server died.
    return code === "HPE_INVALID_EOF_STATE" ? "upstream_died" : "upstream_garbage";
  }
  return BY_CODE[code] ?? (connected ? "upstream_died" : "upstream_unreachable");
}

function errorCode(cause: unknown): string {
  if (typeof cause === "object" && cause !== null && "code" in cause) {
    return String(cause.code);
  }
  return "";
}
