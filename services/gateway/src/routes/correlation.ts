import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";

/**
 * Gives each request an id of the gateway's own making, and tells it to the client. An id that a client
 * sends is not used: it could repeat one that audit records already carry.
 */
export function registerCorrelation(server: FastifyInstance): void {
  server.decorateRequest("correlationId", "");
  server.addHook("onRequest", (request, reply, done) => {
    request.correlationId = randomUUID();
    reply.header("x-correlation-id", request.correlationId);
    done();
  });
}
