import type { FastifyInstance } from "fastify";
import type { Authenticated } from "../transport/authenticated.ts";
import { requireRole } from "../transport/caller.ts";

export interface Exposition {
  expose(accept?: string): Promise<{ contentType: string; body: string }>;
}

/** `/metrics` for Prometheus, which authenticates by `authorization.credentials_file`. */
export function registerMetricsRoute(
  server: FastifyInstance,
  deps: { readonly recorder: Exposition; readonly authenticated: Authenticated },
): void {
  server.get(
    "/metrics",
    deps.authenticated(async (request, reply, caller) => {
      requireRole(caller.principal, ["metrics", "admin"]);
      const { contentType, body } = await deps.recorder.expose(request.headers.accept);
      reply.header("content-type", contentType);
      return body;
    }),
  );
}
