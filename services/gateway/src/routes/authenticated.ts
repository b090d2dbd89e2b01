import type { FastifyReply, FastifyRequest } from "fastify";
import { extendContext, runInContext } from "@sark/observability";
import type { Caller } from "../domain/governance.ts";
import type { Principal } from "../domain/principal.ts";
import { toCaller } from "./caller.ts";

export type AuthenticatedHandler = (
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
) => Promise<unknown>;

export type Authenticated = (
  handler: AuthenticatedHandler,
) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Wraps a handler: nobody reaches it without a principal, and all it logs says who, and which request. */
export function createAuthenticated(authenticator: {
  authenticate(headers: FastifyRequest["headers"]): Promise<Principal>;
}): Authenticated {
  return (handler) => (request, reply) =>
    runInContext({ correlation_id: request.correlationId }, async () => {
      const principal = await authenticator.authenticate(request.headers);
      extendContext({
        user: principal.id,
        ...(principal.tenant === null ? {} : { tenant: principal.tenant }),
      });
      return handler(request, reply, toCaller(request, principal));
    });
}
