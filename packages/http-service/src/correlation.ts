import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    correlationId: string;
  }
}

declare module "node:http" {
  interface IncomingMessage {
    /** Below the framework, too: what cuts the request off there responds under its id. */
    correlationId?: string;
  }
}

/**
 * Gives each request an id of the service's own making, and tells it to the client. An id that a client
 * sends is not used: it could repeat one that audit records already carry.
 */
export function registerCorrelation(server: FastifyInstance): void {
  server.decorateRequest("correlationId", "");
  server.decorateRequest("caller", null);
  server.addHook("onRequest", (request, reply, done) => {
    correlate(request, reply);
    done();
  });
}

/** The id of this request; what no route takes has not met the hook. */
export function correlate(request: FastifyRequest, reply: FastifyReply): string {
  if (!request.correlationId) {
    request.correlationId = randomUUID();
    request.raw.correlationId = request.correlationId;
    reply.header("x-correlation-id", request.correlationId);
  }
  return request.correlationId;
}
