import { buildTool } from "../frame/build-tool.ts";
import { command, group } from "../frame/command-table.ts";
import { CLIENT_OPTIONS } from "../gateway-client/client-flags.ts";

export const queryMetricsTool = buildTool(
  "query-metrics",
  group("Ask how the calls of a gateway go", {
    cost: command("Show what calls cost", async () => (await import("./cost/cost.ts")).costCommand),
    denials: command(
      "Show what is denied",
      async () => (await import("./denials/denials.ts")).denialsCommand,
    ),
    errors: command(
      "Show which tools fail, and how often",
      async () => (await import("./errors/errors.ts")).errorsCommand,
    ),
    latency: command(
      "Show how long tools take",
      async () => (await import("./latency/latency.ts")).latencyCommand,
    ),
    report: command(
      "Write a report of calls, failures, denials, durations and users",
      async () => (await import("./report/report.ts")).reportCommand,
    ),
    slo: command("Hold calls against objectives", async () => (await import("./slo/slo.ts")).sloCommand),
    tools: command(
      "Show which tools are called most",
      async () => (await import("./tools/tools.ts")).toolsCommand,
    ),
    "top-users": command(
      "Show who calls most",
      async () => (await import("./top-users/top-users.ts")).topUsersCommand,
    ),
  }),
  { leading: CLIENT_OPTIONS },
);
