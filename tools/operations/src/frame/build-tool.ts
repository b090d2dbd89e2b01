import { buildApplication, run, text_en, type Application, type Command, type RouteMap } from "@stricli/core";
import { CommandError, EXIT, processExitCode, type FailureCodes } from "../exit-code.ts";
import { oneLine } from "../terminal/printable.ts";
import type { ToolContext } from "../tool-context.ts";
import { safeOutput } from "./safe-output.ts";

/** A command-line tool, with the exit codes that it has for what its commands do not say. */
export interface Tool {
  readonly name: string;
  readonly routes: RouteMap<ToolContext> | Command<ToolContext>;
  readonly application: Application<ToolContext>;
  readonly failures: FailureCodes;
}

interface ToolOptions {
  /** Knows errors of libraries that speak for themselves. */
  explain?(error: unknown): CommandError | null;
  /** For a tool whose exit codes mean something else than `EXIT`. */
  readonly failures?: FailureCodes;
}

/** A tool whose failures are one line and an exit code, never a stack trace. */
export function buildTool(
  name: string,
  routes: RouteMap<ToolContext> | Command<ToolContext>,
  { explain = () => null, failures = EXIT }: ToolOptions = {},
): Tool {
  const known = (error: unknown) => (error instanceof CommandError ? error : explain(error));
  const describe = (error: unknown): string =>
    known(error)?.message ?? `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const settings = {
    name,
    scanner: { caseStyle: "allow-kebab-for-camel" as const },
    determineExitCode: (error: unknown) => known(error)?.exitCode ?? failures.unable,
    localization: {
      text: {
        ...text_en,
        formatException: describe,
        exceptionWhileRunningCommand: (error: unknown) => `${name}: ${oneLine(describe(error))}`,
      },
    },
  };
  // Two calls, because the library tells the two kinds apart by overloads.
  const application =
    "getAllEntries" in routes
      ? buildApplication<ToolContext>(routes, settings)
      : buildApplication<ToolContext>(routes, settings);
  return { name, routes, application, failures };
}

/** Runs a command line. Nothing that it prints steers a terminal. Resolves to the exit code. */
export async function runCommandLine(
  { application, failures }: Tool,
  args: readonly string[],
  outside: ToolContext["process"],
): Promise<number> {
  const process: ToolContext["process"] = {
    ...outside,
    stdout: safeOutput(outside.stdout),
    stderr: safeOutput(outside.stderr),
    // Also who ends the process while the command runs has to know it.
    get exitCode() {
      return outside.exitCode ?? null;
    },
    set exitCode(code) {
      outside.exitCode = code;
    },
  };
  await run(application, args, { process });
  return processExitCode(process.exitCode ?? 0, failures);
}
