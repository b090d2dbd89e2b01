import type { Tool } from "../frame/build-tool.ts";
import { command, type CommandEntry } from "../frame/command-table.ts";

/** The command that prints completion scripts, in the table of a tool. */
export function completionEntry(loadTools: () => Promise<readonly Tool[]>): CommandEntry {
  return command("Print a script that completes command lines of all tools", async () =>
    (await import("./command.ts")).completionCommand(loadTools),
  );
}
