import { buildRouteMap } from "@stricli/core";
import { buildTool } from "../build-tool.ts";
import { apiKeyRoutes } from "./api-keys/routes.ts";
import { rateLimitRoutes } from "./rate-limits/routes.ts";
import { siemRoutes } from "./siem/routes.ts";

const routes = buildRouteMap({
  routes: { apiKeys: apiKeyRoutes, siem: siemRoutes, rateLimits: rateLimitRoutes },
  docs: { brief: "Look after a gateway" },
});

export const gatewayAdminApp = buildTool("gateway-admin", routes);
