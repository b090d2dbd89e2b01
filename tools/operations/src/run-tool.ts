import { run, type Application } from "@stricli/core";
import { fromLibrary } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/** Runs a tool with the arguments, streams and environment of this process, and sets its exit code. */
export async function runTool(tool: Application<ToolContext>): Promise<void> {
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });
  const { stdout, stderr, stdin, env } = process;
  const outside: ToolContext["process"] = { stdout, stderr, stdin, env };
  await run(tool, process.argv.slice(2), { process: outside });
  process.exitCode = fromLibrary(outside.exitCode ?? 0);
}
