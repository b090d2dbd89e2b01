import { command, group } from "../../frame/command-table.ts";

export const policyCommands = group("The policies in force, and what others would decide", {
  list: command(
    "List the policies in force, and why the newest edit is not",
    async () => (await import("./list.ts")).listCommand,
  ),
  validate: command(
    "Check whether Cedar policies could be in force",
    async () => (await import("./validate.ts")).validateCommand,
  ),
  test: command(
    "Say what policies decide of a call, and which of them determine it",
    async () => (await import("./test.ts")).testCommand,
  ),
  replay: command(
    "List recorded decisions that other Cedar policies would have decided otherwise",
    async () => (await import("./replay.ts")).replayCommand,
  ),
});
