import { command, group } from "../../frame/command-table.ts";

export const toolCommands = group("Which tools there are, and how they are used", {
  list: command(
    "List the tools that the holder of the key may invoke",
    async () => (await import("./list.ts")).listCommand,
  ),
  stats: command(
    "Show calls, denials, failures and durations of tools",
    async () => (await import("./stats.ts")).statsCommand,
  ),
});
