import { buildApplication, text_en, type Application, type Command, type RouteMap } from "@stricli/core";
import { CommandError, EXIT, type FailureCodes } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/** A command-line tool, with the exit codes that it has for what its commands do not say. */
export interface Tool {
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
        exceptionWhileRunningCommand: (error: unknown) => `${name}: ${describe(error)}`,
      },
    },
  };
  // Two calls, because the library tells the two kinds apart by overloads.
  const application =
    "getAllEntries" in routes
      ? buildApplication<ToolContext>(routes, settings)
      : buildApplication<ToolContext>(routes, settings);
  return { application, failures };
}
