import type { IncomingMessage, ServerResponse } from "node:http";

/** Cross-origin requests of browser pages (the Fetch standard's CORS protocol), for configured origins only. */
export interface Cors {
  /** Adds what a page needs to read the response, whatever the response will be. */
  apply(request: IncomingMessage, response: ServerResponse): void;
  /** Headers of the response to a preflight request; `null` for any other request. */
  preflight(request: IncomingMessage): Readonly<Record<string, string>> | null;
}

/** Headers of a response that a page may read in addition to the few that it always may. */
const EXPOSED = [
  "Mcp-Session-Id",
  "Mcp-Protocol-Version",
  "WWW-Authenticate",
  "Retry-After",
  "X-Correlation-Id",
  "Sark-Audit-Id",
  "Sark-Audit-Seq",
  "Sark-Audit-Leaf-Hash",
  "Allow",
].join(", ");

const METHODS = "GET, HEAD, POST, DELETE";
/** A page that works with many tools asks once in ten minutes. */
const MAX_AGE_SECONDS = "600";
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const MAX_HEADER_NAMES = 4_096;

/** Pages of no origin get these headers unless it is listed; credentials are sent in headers, so cookies are never asked for. */
export function createCors(allowedOrigins: readonly string[]): Cors {
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));

  function isAllowed(origin: string | undefined): origin is string {
    return origin !== undefined && origins.has(origin);
  }

  return {
    apply({ headers: { origin } }, response) {
      if (origins.size === 0) {
        return;
      }
      // Caches must not give one origin's response to another.
      response.setHeader("vary", "Origin");
      if (!isAllowed(origin)) {
        return;
      }
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", EXPOSED);
    },
    preflight({ method, headers }) {
      const { origin } = headers;
      const asked = headers["access-control-request-method"];
      if (method !== "OPTIONS" || asked === undefined || !isAllowed(origin)) {
        return null;
      }
      const names = headers["access-control-request-headers"] ?? "";
      const isList = names.length <= MAX_HEADER_NAMES && HEADER_NAMES.test(names);
      return {
        "access-control-allow-methods": METHODS,
        // Tools have headers of their own (Mcp-Param-*), so that no list could be complete.
        ...(isList ? { "access-control-allow-headers": names } : {}),
        "access-control-max-age": MAX_AGE_SECONDS,
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        // A page of a public site that calls a gateway in a private network.
        ...(headers["access-control-request-private-network"] === "true"
          ? { "access-control-allow-private-network": "true" }
          : {}),
      };
    },
  };
}
