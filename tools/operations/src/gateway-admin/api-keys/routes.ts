import { buildRouteMap } from "@stricli/core";
import { issueCommand } from "./issue.ts";
import { listCommand } from "./list.ts";
import { revokeCommand } from "./revoke.ts";
import { rotateCommand } from "./rotate.ts";

export const apiKeyRoutes = buildRouteMap({
  routes: { issue: issueCommand, list: listCommand, rotate: rotateCommand, revoke: revokeCommand },
  docs: { brief: "API keys in the file of a gateway on this machine" },
});
