import { AuditError } from "@sark/audit";
import { AuthenticationError, bearerChallenge } from "@sark/authentication";
import { EndpointError } from "@sark/http-api";
import {
  ClientLeft,
  closeAfter,
  correlate,
  type HttpFailure,
  leaveUnread,
  toHttpFailure,
  type ClientAddress,
} from "@sark/http-service";
import { runInContext } from "@sark/observability/logging";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { SecurityRecords } from "../tenancy/audit-records.ts";
import type { HttpEvents } from "../telemetry/http-events.ts";
import { HttpError, PROBLEM } from "../errors/http-errors.ts";
import { routeOf } from "./route-of.ts";

export type Fail = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Everything that goes wrong on the way ends here: one status, one problem, one log line, one counter. */
export function createFailures(deps: {
  readonly events: HttpEvents;
  readonly clientAddress: ClientAddress;
  readonly records: Pick<SecurityRecords, "authenticationFailed">;
}): Fail {
  const { events, clientAddress, records } = deps;

  function tell(thrown: unknown, error: HttpFailure, request: FastifyRequest): void {
    const { raw } = request;
    const route = routeOf(request);
    if (thrown instanceof AuthenticationError) {
      const address = clientAddress(raw);
      events.authenticationFailed(route, thrown.code, address);
      // Who shows no credential has not failed to log in.
      if (thrown.isFailure) {
        const { correlationId } = request;
        records.authenticationFailed({ clientAddress: address, correlationId, reason: thrown.code });
      }
    } else if ((raw.destroyed && !raw.complete) || thrown instanceof ClientLeft) {
      events.abandoned(route);
    } else {
      events.refused(route, error, request.caller !== null);
    }
  }

  return (thrown, request, reply) => {
    const correlationId = correlate(request, reply);
    const error = translate(thrown);
    runInContext({ correlation_id: correlationId }, () => tell(thrown, error, request));
    leaveUnread(request.raw, reply.raw);
    if (error.status === 408) {
      closeAfter(reply.raw);
    }
    return reply
      .code(error.status)
      .headers({ ...error.headers, "content-type": PROBLEM.contentType })
      .send(JSON.stringify(PROBLEM.body(error, correlationId)));
  };
}

export function registerFailures(server: FastifyInstance, fail: Fail): void {
  server.setErrorHandler(fail);
  server.setNotFoundHandler((request, reply) =>
    fail(new HttpError("not_found", "There is nothing at this path."), request, reply),
  );
}

function translate(thrown: unknown): HttpFailure {
  if (thrown instanceof AuthenticationError) {
    return fromAuthentication(thrown);
  }
  if (thrown instanceof EndpointError) {
    const { code, message, field } = thrown;
    return code === "access_denied"
      ? new HttpError("forbidden", message)
      : new HttpError("invalid_request", message, field === undefined ? {} : { field });
  }
  const retry = { cause: thrown, headers: { "retry-after": "1" } };
  if (thrown instanceof AuditError) {
    return new HttpError(
      "audit_unavailable",
      "The record of this could not be kept, so it was not done.",
      retry,
    );
  }
  return isOfDatabase(thrown)
    ? new HttpError("store_unavailable", "The database does not respond now.", retry)
    : toHttpFailure(thrown);
}

function fromAuthentication(error: AuthenticationError): HttpError {
  const { message, status } = error;
  if (status === 429) {
    const headers = { "retry-after": String(error.retryAfterSeconds ?? 1) };
    return new HttpError("too_many_failures", message, { cause: error, headers });
  }
  if (status === 503) {
    return new HttpError("authentication_unavailable", message, { cause: error });
  }
  const challenge = bearerChallenge({
    ...(error.code === "missing_credentials"
      ? {}
      : { error: "invalid_token" as const, description: message }),
    resourceMetadata: null,
  });
  return new HttpError("unauthenticated", message, {
    cause: error,
    headers: { "www-authenticate": challenge },
  });
}

/**
 * Whether it is what the driver throws where the database is away, ends, or takes too long: a class of SQLSTATE that says so, or
 * an error of the connection.
 */
function isOfDatabase(thrown: unknown): boolean {
  const { code, message } = Object(thrown) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === "string") {
    return /^(?:08|53|57|58)[0-9A-Z]{3}$/.test(code) || /^E(?:CONN|PIPE|HOST|TIMEDOUT|NOTFOUND)/.test(code);
  }
  return (
    typeof message === "string" && /connection terminated|timeout exceeded|query read timeout/i.test(message)
  );
}
