import { command, group } from "../../frame/command-table.ts";

export const sessionCommands = group("Who has which session, and ending one", {
  list: command(
    "List the sessions of a gateway, the newest first",
    async () => (await import("./list.ts")).listCommand,
  ),
  show: command("Show one session", async () => (await import("./show.ts")).showCommand),
  end: command(
    "End a session: its calls are cancelled, its streams close, its server is told",
    async () => (await import("./end.ts")).endCommand,
  ),
});
