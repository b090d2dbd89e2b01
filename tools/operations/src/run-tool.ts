import { run, type Application } from "@stricli/core";
import { EXIT, fromLibrary } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/** Runs a tool with the arguments, streams and environment of this process, and sets its exit code. */
export async function runTool(tool: Application<ToolContext>): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  const outside: ToolContext["process"] = { stdout, stderr, stdin, env };
  stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no fault.
    if (code === "EPIPE") {
      process.exit(fromLibrary(outside.exitCode ?? 0));
    }
    stderr.write(`Cannot write to standard output (${code}).\n`);
    process.exit(EXIT.unable);
  });
  await run(tool, process.argv.slice(2), { process: outside });
  process.exitCode = fromLibrary(outside.exitCode ?? 0);
}
