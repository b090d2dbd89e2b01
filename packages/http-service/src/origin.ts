import { TransportError } from "./transport-error.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The host part of a `Host` header, without its port; lower case. */
function hostName(header: string): string {
  return header.toLowerCase().replace(/:\d+$/, "");
}

/**
 * Guards against DNS rebinding, as the MCP transport asks: a browser page that points its own name at
 * a loopback address must not reach the gateway. Requests without `Origin` do not come from a page.
 */
export function createOriginGuard(options: {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}): (headers: { host?: string | undefined; origin?: string | undefined }) => void {
  const boundToLoopback = LOOPBACK.has(options.host) || options.host === "::1";
  const hosts = new Set([...LOOPBACK, ...options.allowedHosts.map((name) => name.toLowerCase())]);
  const checkHost = boundToLoopback || options.allowedHosts.length > 0;
  const origins = new Set(options.allowedOrigins.map((origin) => new URL(origin).origin));
  return ({ host, origin }) => {
    if (checkHost && !hosts.has(hostName(host ?? ""))) {
      throw new TransportError("host_not_allowed", "This Host is not allowed; add it to http.allowedHosts.");
    }
    if (origin !== undefined && !origins.has(origin) && !isLoopbackOrigin(origin, boundToLoopback)) {
      throw new TransportError(
        "origin_not_allowed",
        "This Origin is not allowed; add it to http.allowedOrigins.",
      );
    }
  };
}

function isLoopbackOrigin(origin: string, boundToLoopback: boolean): boolean {
  if (!boundToLoopback || !URL.canParse(origin)) {
    return false;
  }
  return LOOPBACK.has(new URL(origin).hostname);
}
