import { command, group } from "../../frame/command-table.ts";

export const upstreamCommands = group(
  "The MCP servers behind a gateway",
  {
    list: command(
      "List the MCP servers behind a gateway",
      async () => (await import("./upstreams.ts")).listCommand,
    ),
    health: command(
      "Show whether the MCP servers behind a gateway can be reached",
      async () => (await import("./upstreams.ts")).healthCommand,
    ),
  },
  "health",
);
