import type { FastifyInstance, FastifyRequest } from "fastify";
import { AuditError } from "@sark/audit";
import { AuthenticationError } from "../authentication/authentication-error.ts";
import { errorBody, HttpError } from "../http/errors.ts";
import { toHttpError } from "../http/server.ts";
import type { HttpEvents } from "../telemetry/http-events.ts";

/** Everything that a route throws ends here: one status, one body, one log line, one counter. */
export function registerFailures(server: FastifyInstance, events: HttpEvents): void {
  server.setErrorHandler((thrown, request, reply) => {
    const error = translate(thrown);
    if (thrown instanceof AuthenticationError) {
      events.authenticationFailed(operationOf(request), thrown.code, request.ip);
    } else {
      events.refused(operationOf(request), error);
    }
    return reply.code(error.status).headers(error.headers).send(errorBody(error, request.correlationId));
  });
  server.setNotFoundHandler((request, reply) => {
    const error = new HttpError(404, "not_found", "There is nothing at this path.");
    events.refused("unknown_path", error);
    return reply.code(404).send(errorBody(error, request.correlationId));
  });
}

function translate(thrown: unknown): HttpError {
  if (thrown instanceof AuthenticationError) return fromAuthentication(thrown);
  if (thrown instanceof AuditError) return fromAudit(thrown);
  return toHttpError(thrown);
}

function fromAuthentication(error: AuthenticationError): HttpError {
  return error.status === 503
    ? new HttpError(503, "authentication_unavailable", error.message, { cause: error })
    : new HttpError(401, "unauthenticated", error.message, {
        cause: error,
        headers: { "www-authenticate": error.challenge },
      });
}

function fromAudit(error: AuditError): HttpError {
  return error.code === "invalid_event"
    ? new HttpError(400, "invalid_request", error.message, {
        cause: error,
        ...(error.field === undefined ? {} : { field: error.field }),
      })
    : new HttpError(503, "audit_unavailable", "The audit store cannot record this, so nothing was decided.", {
        cause: error,
        headers: { "retry-after": "1" },
      });
}

/** The route's own name, e.g. `authorize`; bounded by the number of routes. */
function operationOf(request: FastifyRequest): string {
  const path = request.routeOptions.url ?? "unknown_path";
  return path.startsWith("/mcp/") ? "mcp" : path.replace("/api/v1/gateway/", "").replace(/^\//, "");
}
