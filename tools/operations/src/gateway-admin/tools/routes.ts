import { buildRouteMap } from "@stricli/core";
import { listCommand } from "./list.ts";
import { statsCommand } from "./stats.ts";

export const toolRoutes = buildRouteMap({
  routes: { list: listCommand, stats: statsCommand },
  docs: { brief: "Which tools there are, and how they are used" },
});
