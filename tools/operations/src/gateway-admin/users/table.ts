import { command, group } from "../../frame/command-table.ts";

export const userCommands = group("Who uses the gateway", {
  top: command("Show who calls most", async () => (await import("./top.ts")).topCommand),
});
