import type { FastifyInstance } from "fastify";
import type { Health } from "@sark/observability";
import type { AuditApi } from "./audit-api/handlers.ts";
import type { HttpLimits } from "./http/server.ts";
import { checkQueryEncoding } from "./http/query-encoding.ts";
import { createHttpServer } from "./http/server.ts";
import type { McpEndpoint } from "./mcp/endpoint.ts";
import type { RestHandlers } from "./rest/handlers.ts";
import { registerAuditRoutes } from "./routes/audit-routes.ts";
import { createAuthenticated } from "./routes/authenticated.ts";
import { registerCorrelation } from "./routes/correlation.ts";
import { createFailures, registerFailures } from "./routes/failures.ts";
import { registerHealthRoutes } from "./routes/health-routes.ts";
import { registerMcpRoutes } from "./routes/mcp-routes.ts";
import { registerMetricsRoute, type Exposition } from "./routes/metrics-route.ts";
import { registerRestRoutes } from "./routes/rest-routes.ts";
import { registerSiemRoutes } from "./routes/siem-routes.ts";
import type { SiemApi } from "./siem-api/handlers.ts";
import type { HttpEvents } from "./telemetry/http-events.ts";

export interface AppDependencies {
  readonly limits: HttpLimits;
  readonly originGuard: (headers: { host?: string | undefined; origin?: string | undefined }) => void;
  readonly authenticator: Parameters<typeof createAuthenticated>[0];
  readonly endpoint: McpEndpoint;
  /** Longest life of a client's event stream, in milliseconds. */
  readonly maxStreamMs: number;
  readonly rest: RestHandlers;
  readonly auditApi: AuditApi;
  readonly siemApi: SiemApi;
  readonly health: Health;
  readonly recorder: Exposition;
  readonly events: HttpEvents;
  /** Aborted when the gateway begins to shut down. */
  readonly draining: AbortSignal;
}

/** Everything that the gateway answers, on one HTTP server that does not listen yet. */
export function createApp(deps: AppDependencies): FastifyInstance {
  const fail = createFailures(deps.events);
  const server = createHttpServer(deps.limits, (...failed) => void fail(...failed));
  deps.events.watch(server.server);
  registerCorrelation(server);
  registerFailures(server, fail);
  server.addHook("onRequest", (request, _reply, done) => {
    deps.originGuard(request.headers);
    checkQueryEncoding(request.url);
    done();
  });
  const authenticated = createAuthenticated(deps.authenticator);
  registerHealthRoutes(server, { health: deps.health, authenticated });
  registerMetricsRoute(server, { recorder: deps.recorder, authenticated });
  registerRestRoutes(server, { handlers: deps.rest, authenticated });
  registerAuditRoutes(server, { api: deps.auditApi, authenticated });
  registerSiemRoutes(server, { api: deps.siemApi, authenticated });
  registerMcpRoutes(server, { ...deps, authenticated });
  return server;
}
