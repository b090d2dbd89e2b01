import type { FastifyInstance } from "fastify";
import type { Health } from "@sark/observability/health";
import type { Authenticated } from "../transport/authenticated.ts";
import { requireRole } from "../transport/caller.ts";

/**
 * Liveness and readiness answer anybody, with a status and nothing else: probes and load balancers carry no
 * credentials. What stands behind the status names servers and faults: it takes a role.
 */
export function registerHealthRoutes(
  server: FastifyInstance,
  deps: { readonly health: Health; readonly authenticated: Authenticated },
): void {
  const { health } = deps;
  for (const path of ["/health", "/livez"]) {
    server.get(path, async () => health.live());
  }
  for (const path of ["/health/ready", "/readyz"]) {
    server.get(path, async (_request, reply) => {
      const { status, body } = await health.ready();
      reply.code(status);
      return { status: body.status };
    });
  }
  server.get(
    "/health/detailed",
    deps.authenticated(async (_request, reply, caller) => {
      requireRole(caller.principal, ["admin", "auditor", "metrics"]);
      const { status, body } = await health.detailed();
      reply.code(status);
      return body;
    }),
  );
}
