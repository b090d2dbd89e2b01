import type { FastifyReply, FastifyRequest } from "fastify";
import { extendContext, runInContext } from "@sark/observability";
import type { Caller } from "../domain/governance.ts";
import type { Authenticated as Authentication } from "../domain/principal.ts";
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
  authenticate(headers: FastifyRequest["raw"]["headersDistinct"]): Promise<Authentication>;
}): Authenticated {
  return (handler) => (request, reply) =>
    runInContext({ correlation_id: request.correlationId }, async () => {
      const authentication = await authenticator.authenticate(request.raw.headersDistinct);
      const { principal } = authentication;
      extendContext({
        user: principal.id,
        ...(principal.tenant === null ? {} : { tenant: principal.tenant }),
      });
      return handler(request, reply, toCaller(request, authentication));
    });
}
