import { command, group } from "../../frame/command-table.ts";

export const rateLimitCommands = group("How many calls users, agents, tools, servers and tenants may make", {
  show: command(
    "Show the rules, or how a user, agent, tool, server or tenant stands with its limit",
    async () => (await import("./show.ts")).showCommand,
  ),
  reset: command(
    "Give a user, agent, tool, server or tenant all of its calls again",
    async () => (await import("./reset.ts")).resetCommand,
  ),
});
