import { buildTool } from "../frame/build-tool.ts";
import { command, group } from "../frame/command-table.ts";

export const analyzeLogsTool = buildTool(
  "analyze-logs",
  group("Look into the logs of a gateway", {
    errors: command(
      "Show errors, or count them by kind",
      async () => (await import("./errors/errors.ts")).errorsCommand,
    ),
    search: command("Find lines", async () => (await import("./search/search.ts")).searchCommand),
    "slow-requests": command(
      "Find requests that took long",
      async () => (await import("./slow-requests/slow-requests.ts")).slowRequestsCommand,
    ),
    stats: command(
      "Count lines by level, component and time",
      async () => (await import("./stats/stats.ts")).statsCommand,
    ),
    tail: command(
      "Show the last lines, and those to come",
      async () => (await import("./tail/tail.ts")).tailCommand,
    ),
    trace: command(
      "Show all that is known of a request in one timeline",
      async () => (await import("./trace/trace.ts")).traceCommand,
    ),
    user: command("Show what a user did", async () => (await import("./user/user.ts")).userCommand),
  }),
);
