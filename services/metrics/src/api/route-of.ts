import type { FastifyRequest } from "fastify";

/** The route that serves a request, as the table has it: a bounded number, whatever clients ask for. */
export function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions?.url ?? "unknown";
}
