import { buildRouteMap } from "@stricli/core";
import { completionCommand } from "../completion/command.ts";
import { buildTool, type Tool } from "../frame/build-tool.ts";
import { apiKeyRoutes } from "./api-keys/routes.ts";
import { auditRoutes } from "./audit/routes.ts";
import { dashboardRoutes } from "./dashboards/routes.ts";
import { drainCommand } from "./draining/drain.ts";
import { undrainCommand } from "./draining/undrain.ts";
import { logLevelRoutes } from "./log-level/log-level.ts";
import { policyRoutes } from "./policies/routes.ts";
import { quotaRoutes } from "./quotas/routes.ts";
import { rateLimitRoutes } from "./rate-limits/routes.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { siemRoutes } from "./siem/routes.ts";
import { statusCommand } from "./status/status.ts";
import { toolRoutes } from "./tools/routes.ts";
import { upstreamRoutes } from "./upstreams/upstreams.ts";
import { userRoutes } from "./users/top.ts";

const routes = buildRouteMap({
  routes: {
    apiKeys: apiKeyRoutes,
    audit: auditRoutes,
    completion: completionCommand(loadTools),
    dashboards: dashboardRoutes,
    drain: drainCommand,
    rateLimits: rateLimitRoutes,
    sessions: sessionRoutes,
    quotas: quotaRoutes,
    logLevel: logLevelRoutes,
    policies: policyRoutes,
    siem: siemRoutes,
    status: statusCommand,
    tools: toolRoutes,
    upstreams: upstreamRoutes,
    undrain: undrainCommand,
    users: userRoutes,
  },
  docs: { brief: "Look after a gateway" },
});

export const gatewayAdminTool = buildTool("gateway-admin", routes);

/** Loaded where they are asked for alone: each command would wait for all of them. */
async function loadTools(): Promise<readonly Tool[]> {
  const [{ analyzeLogsTool }, { auditTool }, { healthCheckTool }, { queryMetricsTool }] = await Promise.all([
    import("../analyze-logs/tool.ts"),
    import("../audit/tool.ts"),
    import("../health-check/tool.ts"),
    import("../query-metrics/tool.ts"),
  ]);
  return [analyzeLogsTool, auditTool, gatewayAdminTool, healthCheckTool, queryMetricsTool];
}
