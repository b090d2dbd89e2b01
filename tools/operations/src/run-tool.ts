import { run, type Application } from "@stricli/core";
import { EXIT, fromLibrary } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/**
 * Runs a tool with the arguments, streams and environment of this process, and sets its exit code. `exitCodeOf` is for a
 * tool with exit codes of its own: it takes what the command left, or one of the command-line library's negative codes.
 */
export async function runTool(
  tool: Application<ToolContext>,
  exitCodeOf: (code: unknown) => number = fromLibrary,
): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  const outside: ToolContext["process"] = { stdout, stderr, stdin, env, interrupted };
  stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no fault.
    if (code === "EPIPE") {
      process.exit(exitCodeOf(outside.exitCode ?? 0));
    }
    stderr.write(`Cannot write to standard output (${code}).\n`);
    process.exit(EXIT.unable);
  });
  await run(tool, process.argv.slice(2), { process: outside });
  process.exitCode = exitCodeOf(outside.exitCode ?? 0);
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
