import { runCommandLine, type Tool } from "./build-tool.ts";
import { processExitCode } from "../exit-code.ts";
import type { ToolContext } from "../tool-context.ts";

/** Runs a tool with the arguments, streams and environment of this process, and sets its exit code. */
export async function runTool(tool: Tool): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  const outside: ToolContext["process"] = { stdout, stderr, stdin, env, interrupted };
  stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no fault.
    if (code === "EPIPE") {
      process.exit(processExitCode(outside.exitCode ?? 0, tool.failures));
    }
    stderr.write(`Cannot write to standard output (${code}).\n`);
    process.exit(tool.failures.unable);
  });
  process.exitCode = await runCommandLine(tool, process.argv.slice(2), outside);
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
