import { buildRouteMap } from "@stricli/core";
import { adjustCommand, resetCommand } from "./change.ts";
import { showCommand } from "./show.ts";

export const quotaRoutes = buildRouteMap({
  routes: { show: showCommand, reset: resetCommand, adjust: adjustCommand },
  docs: { brief: "What calls cost, and what users, agents and tenants may spend" },
});
