import { buildRouteMap } from "@stricli/core";
import { endCommand } from "./end.ts";
import { listCommand } from "./list.ts";
import { showCommand } from "./show.ts";

export const sessionRoutes = buildRouteMap({
  routes: { list: listCommand, show: showCommand, end: endCommand },
  docs: { brief: "Who has which session, and ending one" },
});
