import { buildRouteMap } from "@stricli/core";
import { buildTool } from "../frame/build-tool.ts";
import { errorsCommand } from "./errors/errors.ts";
import { searchCommand } from "./search/search.ts";
import { slowRequestsCommand } from "./slow-requests/slow-requests.ts";
import { statsCommand } from "./stats/stats.ts";
import { tailCommand } from "./tail/tail.ts";
import { traceCommand } from "./trace/trace.ts";
import { userCommand } from "./user/user.ts";

const routes = buildRouteMap({
  routes: {
    errors: errorsCommand,
    search: searchCommand,
    slowRequests: slowRequestsCommand,
    stats: statsCommand,
    tail: tailCommand,
    trace: traceCommand,
    user: userCommand,
  },
  docs: { brief: "Look into the logs of a gateway" },
});

export const analyzeLogsTool = buildTool("analyze-logs", routes);
