import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AuditError } from "@sark/audit";
import { EndpointError } from "@sark/http-api";
import { runInContext } from "@sark/observability/logging";
import { AuthenticationError } from "@sark/authentication";
import { RateLimitedError } from "../domain/rate-limits.ts";
import type { ProtectedResources } from "../domain/protected-resources.ts";
import {
  closeAfter,
  leaveUnread,
  ERROR_OBJECT,
  type HttpFailure,
  ClientLeft,
  toHttpFailure,
  type ClientAddress,
  correlate,
} from "@sark/http-service";
import { HttpError } from "../transport/errors.ts";
import { resourceName } from "../transport/resource-name.ts";
import type { HttpEvents } from "../telemetry/http-events.ts";
import type { RequestTracing } from "../telemetry/traces/request-tracing.ts";

export type Fail = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Everything that goes wrong on the way ends here: one status, one body, one log line, one counter. */
export function createFailures({
  events,
  clientAddress,
  resources,
  tracing,
}: {
  readonly events: HttpEvents;
  readonly clientAddress: ClientAddress;
  readonly resources: Pick<ProtectedResources, "unauthenticated">;
  readonly tracing: Pick<RequestTracing, "failed" | "run">;
}): Fail {
  return (thrown, request, reply) => {
    const correlationId = correlate(request, reply);
    const error =
      thrown instanceof AuthenticationError
        ? fromAuthentication(thrown, resources.unauthenticated(thrown, resourceName(request)))
        : translate(thrown);
    tracing.run(request.raw, () =>
      runInContext({ correlation_id: correlationId }, () =>
        tell(events, thrown, error, request, clientAddress),
      ),
    );
    if (!isAbandoned(thrown, request)) {
      tracing.failed(request.raw, error);
    }
    leaveUnread(request.raw, reply.raw);
    // Over this connection no certificate would ever be good again.
    if (thrown instanceof AuthenticationError && thrown.code === "outdated_connection") {
      closeAfter(reply.raw);
    }
    return reply.code(error.status).headers(error.headers).send(ERROR_OBJECT.body(error, correlationId));
  };
}

export function registerFailures(server: FastifyInstance, fail: Fail): void {
  server.setErrorHandler(fail);
  server.setNotFoundHandler((request, reply) =>
    fail(new HttpError("not_found", "There is nothing at this path."), request, reply),
  );
}

function tell(
  events: HttpEvents,
  thrown: unknown,
  error: HttpFailure,
  request: FastifyRequest,
  clientAddress: ClientAddress,
): void {
  const operation = operationOf(request);
  const { raw } = request;
  // Said, and counted, where it was refused.
  if (thrown instanceof RateLimitedError) {
    return;
  }
  if (thrown instanceof AuthenticationError) {
    events.authenticationFailed(operation, thrown.code, clientAddress(raw));
  } else if (isAbandoned(thrown, request)) {
    events.abandoned(operation, raw.socket);
  } else {
    events.refused(operation, error, request.share === null ? clientAddress(raw) : null);
  }
}

/** What was done for a client is given up when it has left: that is no fault of the gateway. */
function isAbandoned(thrown: unknown, { raw }: FastifyRequest): boolean {
  return (
    (raw.destroyed && !raw.complete) ||
    thrown instanceof ClientLeft ||
    (raw.socket.destroyed && thrown instanceof Error && thrown.name === "AbortError")
  );
}

function translate(thrown: unknown): HttpFailure {
  if (thrown instanceof RateLimitedError) {
    const headers = { "retry-after": String(thrown.retryAfterSeconds) };
    return new HttpError("rate_limited", thrown.message, { cause: thrown, headers });
  }
  if (thrown instanceof EndpointError) {
    return fromEndpoint(thrown);
  }
  if (thrown instanceof AuditError) {
    return fromAudit(thrown);
  }
  return toHttpFailure(thrown);
}

function fromAuthentication(error: AuthenticationError, challenge: string): HttpError {
  if (error.status === 429) {
    const headers = { "retry-after": String(error.retryAfterSeconds ?? 1) };
    return new HttpError("too_many_failures", error.message, { cause: error, headers });
  }
  return error.status === 503
    ? new HttpError("authentication_unavailable", error.message, { cause: error })
    : new HttpError("unauthenticated", error.message, {
        cause: error,
        headers: { "www-authenticate": challenge },
      });
}

function fromEndpoint({ code, message, field }: EndpointError): HttpError {
  return code === "access_denied"
    ? new HttpError("forbidden", message)
    : new HttpError("invalid_request", message, field === undefined ? {} : { field });
}

function fromAudit(error: AuditError): HttpError {
  return error.code === "invalid_event"
    ? new HttpError("invalid_request", error.message, {
        cause: error,
        ...(error.field === undefined ? {} : { field: error.field }),
      })
    : new HttpError("audit_unavailable", "The audit store cannot record this, so nothing was decided.", {
        cause: error,
        headers: { "retry-after": "1" },
      });
}

/** The route's own name, e.g. `authorize`; bounded by the number of routes. */
export function operationOf(request: FastifyRequest): string {
  const path = request.routeOptions?.url ?? "unknown_path";
  return path.startsWith("/mcp/") ? "mcp" : path.replace(/^\/(?:api\/v1\/(?:gateway\/)?)?/, "");
}
