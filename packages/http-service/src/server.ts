import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { isFree } from "./connections.ts";
import { HttpFailure } from "./http-failure.ts";
import { TransportError, type TransportErrorCode } from "./transport-error.ts";
import { hasBody, readBody } from "./read-body.ts";
import type { RequestShare } from "./caller-shares.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the request may hold; `null` until its caller is known. */
    share: RequestShare | null;
  }
}

/** As long as other servers keep connections on which nothing is asked. */
const KEEP_ALIVE_MS = 72_000;

/** Bounds on what a client may cost before it is known. */
export interface HttpLimits {
  readonly maxBodyBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

/**
 * A fastify instance whose bodies arrive as bytes: the MCP proxy passes them on as they came, and REST
 * handlers parse them themselves, so that one parser decides what a request says. No body is read before the
 * request has its caller's share. `fail` responds to requests whose URL no route can be looked up for; they meet no
 * hook and no error handler.
 *
 * @param tls `null`: plain HTTP
 * @param shouldUpgrade which requests may leave HTTP, where `serveUpgrades` has been called
 * @param around what each request is served within, as a span
 */
export function createHttpServer(
  limits: HttpLimits,
  fail: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
  tls: ServerOptions | null = null,
  shouldUpgrade: (request: IncomingMessage) => boolean = () => false,
  around: (handler: RequestListener) => RequestListener = (handler) => handler,
): FastifyInstance {
  const http = {
    // Node.js refuses one that is longer than that of the whole request, its default of five minutes included.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node would respond without a body; `checkHead` refuses the same, and more.
    requireHostHeader: false,
    // Any other request that would leave HTTP is served as if it had not asked for that (RFC 9110, 7.8).
    shouldUpgradeCallback: (request: IncomingMessage) => shouldUpgrade(request) && isFree(request.socket),
  };
  const server = Fastify({
    logger: false,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Long-lived event streams must not keep a drained process alive.
    forceCloseConnections: "idle",
    serverFactory: (handler: RequestListener): Server =>
      tls === null
        ? createServer(http, around(handler))
        : // For the framework it is a server like any other.
          (createTlsServer({ ...http, ...tls }, around(handler)) as unknown as Server),
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 128 },
    exposeHeadRoutes: true,
    return503OnClosing: false,
    frameworkErrors: fail,
  });
  server.server.maxConnections = limits.maxConnections;
  server.removeAllContentTypeParsers();
  server.decorateRequest("share", null);
  server.addContentTypeParser("*", (request: FastifyRequest) => {
    const { share } = request;
    if (share === null) {
      throw new Error("a body must not be read before its caller is known");
    }
    return readBody(request.raw, { maxBytes: limits.maxBodyBytes, share });
  });
  return server;
}

/** Refuses what no route serves, and bodies that none would read, before any of it is read. */
export function checkRequest({ raw, is404 }: FastifyRequest): void {
  if (is404) {
    throw new TransportError("not_found", "There is nothing at this path.");
  }
  if ((raw.method === "GET" || raw.method === "HEAD") && hasBody(raw)) {
    throw new TransportError("invalid_request", `A ${raw.method} request must have no body.`);
  }
  // Its body means nothing, whatever its type, and mostly there is none.
  if (raw.method === "DELETE") {
    delete raw.headers["content-type"];
  }
}

const FASTIFY_ERRORS: Readonly<Record<string, [code: TransportErrorCode, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", "Content-Type is missing or not valid."],
  // Of the method QUERY, of which the framework asks for one itself.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ["unsupported_media_type", "Content-Type is missing or not valid."],
  FST_ERR_MAX_PARAM_LENGTH: ["not_found", "There is nothing at this path."],
  FST_ERR_BAD_URL: ["invalid_request", "The URL is not valid."],
};

/** Anything thrown on the way, as the error that the client is told; unknown faults tell nothing of themselves. */
export function toHttpFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) {
    return error;
  }
  const code = (error as { code?: unknown }).code;
  const known = typeof code === "string" ? FASTIFY_ERRORS[code] : undefined;
  if (known !== undefined) {
    return new TransportError(...known, { cause: error });
  }
  return new TransportError("internal_error", "The service failed; the log has the details.", {
    cause: error,
  });
}
