import { buildRouteMap } from "@stricli/core";
import { replayCommand } from "./replay.ts";
import { validateCommand } from "./validate.ts";

export const policyRoutes = buildRouteMap({
  routes: { validate: validateCommand, replay: replayCommand },
  docs: { brief: "What other policies would decide, before they are in force" },
});
