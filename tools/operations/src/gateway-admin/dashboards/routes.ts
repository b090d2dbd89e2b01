import { buildRouteMap } from "@stricli/core";
import { pushCommand } from "./push.ts";

export const dashboardRoutes = buildRouteMap({
  routes: { push: pushCommand },
  docs: { brief: "Dashboards of a Grafana" },
});
