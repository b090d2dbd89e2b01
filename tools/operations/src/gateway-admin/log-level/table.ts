import { command, group } from "../../frame/command-table.ts";

export const logLevelCommands = group(
  "Which lines a gateway logs",
  {
    show: command(
      "Show which lines a gateway logs",
      async () => (await import("./log-level.ts")).showCommand,
    ),
    set: command("Set which lines a gateway logs", async () => (await import("./log-level.ts")).setCommand),
  },
  "show",
);
