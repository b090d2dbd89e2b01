import { buildRouteMap } from "@stricli/core";
import { buildTool } from "../build-tool.ts";
import { siemRoutes } from "./siem/routes.ts";

const routes = buildRouteMap({
  routes: { siem: siemRoutes },
  docs: { brief: "Look after a running gateway" },
});

export const gatewayAdminApp = buildTool("gateway-admin", routes);
