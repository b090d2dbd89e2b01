import { command, group } from "../../frame/command-table.ts";

export const apiKeyCommands = group("API keys in the file of a gateway on this machine", {
  issue: command("Issue a key, and print it once", async () => (await import("./issue.ts")).issueCommand),
  list: command(
    "List the keys, without anything that is secret",
    async () => (await import("./list.ts")).listCommand,
  ),
  rotate: command(
    "Make a new key in the place of one, without a gap, and print it once",
    async () => (await import("./rotate.ts")).rotateCommand,
  ),
  revoke: command("Revoke a key", async () => (await import("./revoke.ts")).revokeCommand),
});
