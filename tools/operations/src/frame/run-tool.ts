import { plainOutput } from "../terminal/plain-output.ts";
import type { ToolContext } from "../tool-context.ts";
import { runCommandLine, type IsCurrent, type Tool } from "./build-tool.ts";

/**
 * Runs a tool with the arguments, streams and environment of this process, and sets its exit code. Where code is needed that
 * `isCurrent` says is not current, nothing is done, and this resolves to false.
 */
export async function runTool(tool: Tool, isCurrent?: IsCurrent): Promise<boolean> {
  const { failures } = tool;
  const outside: ToolContext["process"] = {
    get stdout() {
      return watched();
    },
    get stderr() {
      return process.stderr;
    },
    get stdin() {
      return process.stdin;
    },
    plain: (stream) => (stream === "stdout" ? plainOutput(1, watched) : plainOutput(2, () => process.stderr)),
    env: process.env,
    interrupted,
  };
  let stdout: typeof process.stdout | undefined;
  const code = await runCommandLine(tool, process.argv.slice(2), outside, isCurrent);
  if (code === null) {
    return false;
  }
  process.exitCode = code;
  return true;

  function watched(): typeof process.stdout {
    stdout ??= process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`| head`) is no fault.
      if (code === "EPIPE") {
        process.exit(typeof outside.exitCode === "number" ? outside.exitCode : 0);
      }
      process.stderr.write(`Cannot write to standard output (${code}).\n`);
      process.exit(failures.unable);
    });
    return stdout;
  }
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
