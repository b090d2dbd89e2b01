import { buildRouteMap } from "@stricli/core";
import { buildTool } from "../frame/build-tool.ts";
import { costCommand } from "./cost/cost.ts";
import { denialsCommand } from "./denials/denials.ts";
import { errorsCommand } from "./errors/errors.ts";
import { latencyCommand } from "./latency/latency.ts";
import { reportCommand } from "./report/report.ts";
import { sloCommand } from "./slo/slo.ts";
import { toolsCommand } from "./tools/tools.ts";
import { topUsersCommand } from "./top-users/top-users.ts";

const routes = buildRouteMap({
  routes: {
    cost: costCommand,
    denials: denialsCommand,
    errors: errorsCommand,
    latency: latencyCommand,
    report: reportCommand,
    slo: sloCommand,
    tools: toolsCommand,
    topUsers: topUsersCommand,
  },
  docs: { brief: "Ask how the calls of a gateway go" },
});

export const queryMetricsTool = buildTool("query-metrics", routes);
