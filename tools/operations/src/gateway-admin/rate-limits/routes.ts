import { buildRouteMap } from "@stricli/core";
import { resetCommand } from "./reset.ts";
import { showCommand } from "./show.ts";

export const rateLimitRoutes = buildRouteMap({
  routes: { show: showCommand, reset: resetCommand },
  docs: { brief: "How many calls users, agents, tools, servers and tenants may make" },
});
