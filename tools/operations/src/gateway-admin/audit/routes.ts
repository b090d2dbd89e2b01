import { buildRouteMap } from "@stricli/core";
import { exportCommand } from "./export.ts";
import { searchCommand } from "./search.ts";
import { trailCommand } from "./trail.ts";
import { verifyCommand } from "./verify.ts";

export const auditRoutes = buildRouteMap({
  routes: { search: searchCommand, trail: trailCommand, verify: verifyCommand, export: exportCommand },
  docs: { brief: "What the audit log says, asked of a gateway" },
});
