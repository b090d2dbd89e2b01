import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";

/** Bounds on what a client may cost before it is known. */
export interface HttpLimits {
  readonly maxBodyBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

/**
 * A fastify instance whose bodies arrive as bytes: the MCP proxy passes them on as they came, and REST
 * handlers parse them themselves, so that one parser decides what a request says. `fail` answers requests
 * whose URL no route can be looked up for; they meet no hook and no error handler.
 */
export function createHttpServer(
  limits: HttpLimits,
  fail: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: 0,
    // Long-lived event streams must not keep a drained process alive.
    forceCloseConnections: "idle",
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: 1_000 },
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 128 },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: fail,
  });
  server.server.maxConnections = limits.maxConnections;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  return server;
}

const FASTIFY_ERRORS: Record<string, [number, ConstructorParameters<typeof HttpError>[1], string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    "payload_too_large",
    "The request body is larger than http.maxBodyBytes.",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    "invalid_request",
    "The body is not as long as Content-Length says.",
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, "unsupported_media_type", "Content-Type is missing or not valid."],
  FST_ERR_MAX_PARAM_LENGTH: [404, "not_found", "There is nothing at this path."],
  FST_ERR_BAD_URL: [400, "invalid_request", "The URL is not valid."],
};

/** Anything thrown on the way, as the error that the client is told; unknown faults tell nothing of themselves. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const code = (error as { code?: unknown }).code;
  const known = typeof code === "string" ? FASTIFY_ERRORS[code] : undefined;
  if (known !== undefined) return new HttpError(...known, { cause: error });
  return new HttpError(500, "internal_error", "The gateway failed; the log has the details.", {
    cause: error,
  });
}
