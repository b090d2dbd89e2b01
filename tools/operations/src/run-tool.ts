import { run } from "@stricli/core";
import type { Tool } from "./build-tool.ts";
import { processExitCode } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/** Runs a tool with the arguments, streams and environment of this process, and sets its exit code. */
export async function runTool({ application, failures }: Tool): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  const outside: ToolContext["process"] = { stdout, stderr, stdin, env, interrupted };
  stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no fault.
    if (code === "EPIPE") {
      process.exit(processExitCode(outside.exitCode ?? 0, failures));
    }
    stderr.write(`Cannot write to standard output (${code}).\n`);
    process.exit(failures.unable);
  });
  await run(application, process.argv.slice(2), { process: outside });
  process.exitCode = processExitCode(outside.exitCode ?? 0, failures);
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
