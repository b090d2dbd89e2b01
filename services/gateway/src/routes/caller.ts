import type { FastifyRequest } from "fastify";
import type { Caller } from "../domain/governance.ts";
import type { Principal } from "../domain/principal.ts";
import { HttpError } from "../http/errors.ts";

declare module "fastify" {
  interface FastifyRequest {
    correlationId: string;
  }
}

export function toCaller(request: FastifyRequest, principal: Principal): Caller {
  const { headers } = request;
  return {
    principal,
    correlationId: request.correlationId,
    clientAddress: request.ip,
    traceHeaders: {
      traceparent: single(headers["traceparent"]),
      tracestate: single(headers["tracestate"]),
      baggage: single(headers["baggage"]),
    },
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Refuses a principal that has none of these roles. */
export function requireRole(principal: Principal, roles: readonly string[]): void {
  if (!principal.roles.some((role) => roles.includes(role))) {
    throw new HttpError(403, "forbidden", `This needs one of the roles ${roles.join(", ")}.`);
  }
}
