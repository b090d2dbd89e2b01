import type { FastifyInstance, FastifyRequest } from "fastify";
import { readJsonBody } from "../transport/json-body.ts";
import type { Authenticated } from "../transport/authenticated.ts";
import { requireRole } from "../transport/caller.ts";
import type { RestHandlers } from "./decisions/handlers.ts";

const BASE = "/api/v1/gateway";

/** The SARK-compatible REST: the same decisions and records as the MCP endpoint, for those who enforce elsewhere. */
export function registerRestRoutes(
  server: FastifyInstance,
  deps: { readonly handlers: RestHandlers; readonly authenticated: Authenticated },
): void {
  const { handlers, authenticated } = deps;
  server.post(
    `${BASE}/authorize`,
    authenticated((request, _reply, caller) => handlers.authorize(bodyOf(request), caller)),
  );
  server.post(
    `${BASE}/authorize-a2a`,
    authenticated((request, _reply, caller) => handlers.authorizeA2a(bodyOf(request), caller)),
  );
  server.get(
    `${BASE}/servers`,
    authenticated((_request, _reply, caller) => handlers.servers(caller)),
  );
  server.get(
    `${BASE}/tools`,
    authenticated((request, _reply, caller) => handlers.tools(request.query, caller)),
  );
  server.post(
    `${BASE}/audit`,
    authenticated(async (request, reply, caller) => {
      requireRole(caller.principal, ["gateway", "admin"]);
      reply.code(201);
      return handlers.audit(bodyOf(request), caller);
    }),
  );
}

function bodyOf(request: FastifyRequest): unknown {
  return readJsonBody(request.headers, request.body);
}
