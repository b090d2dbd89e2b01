import { buildRouteMap } from "@stricli/core";
import { listCommand } from "./list.ts";
import { replayCommand } from "./replay.ts";
import { testCommand } from "./test.ts";
import { validateCommand } from "./validate.ts";

export const policyRoutes = buildRouteMap({
  routes: { list: listCommand, validate: validateCommand, test: testCommand, replay: replayCommand },
  docs: { brief: "The policies in force, and what others would decide" },
});
