import { buildRouteMap } from "@stricli/core";
import { buildTool } from "../frame/build-tool.ts";
import { apiKeyRoutes } from "./api-keys/routes.ts";
import { dashboardRoutes } from "./dashboards/routes.ts";
import { drainCommand } from "./draining/drain.ts";
import { undrainCommand } from "./draining/undrain.ts";
import { logLevelCommand } from "./log-level/log-level.ts";
import { policyRoutes } from "./policies/routes.ts";
import { quotaRoutes } from "./quotas/routes.ts";
import { rateLimitRoutes } from "./rate-limits/routes.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { siemRoutes } from "./siem/routes.ts";
import { statusCommand } from "./status/status.ts";
import { toolRoutes } from "./tools/stats.ts";
import { upstreamsCommand } from "./upstreams/upstreams.ts";

const routes = buildRouteMap({
  routes: {
    apiKeys: apiKeyRoutes,
    dashboards: dashboardRoutes,
    drain: drainCommand,
    rateLimits: rateLimitRoutes,
    sessions: sessionRoutes,
    quotas: quotaRoutes,
    logLevel: logLevelCommand,
    policies: policyRoutes,
    siem: siemRoutes,
    status: statusCommand,
    tools: toolRoutes,
    upstreams: upstreamsCommand,
    undrain: undrainCommand,
  },
  docs: { brief: "Look after a gateway" },
});

export const gatewayAdminTool = buildTool("gateway-admin", routes);
