import { buildApplication, text_en, type Application, type Command, type RouteMap } from "@stricli/core";
import { CommandError, EXIT } from "./exit-code.ts";
import type { ToolContext } from "./tool-context.ts";

/**
 * A command-line tool whose failures are one line and an exit code, never a stack trace. `explain` knows errors of
 * libraries that speak for themselves.
 */
export function buildTool(
  name: string,
  routes: RouteMap<ToolContext> | Command<ToolContext>,
  explain: (error: unknown) => CommandError | null = () => null,
): Application<ToolContext> {
  const known = (error: unknown) => (error instanceof CommandError ? error : explain(error));
  const describe = (error: unknown): string =>
    known(error)?.message ?? `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const settings = {
    name,
    scanner: { caseStyle: "allow-kebab-for-camel" as const },
    determineExitCode: (error: unknown) => known(error)?.exitCode ?? EXIT.unable,
    localization: {
      text: {
        ...text_en,
        formatException: describe,
        exceptionWhileRunningCommand: (error: unknown) => `${name}: ${describe(error)}`,
      },
    },
  };
  // Two calls, because the library tells the two kinds apart by overloads.
  return "getAllEntries" in routes
    ? buildApplication<ToolContext>(routes, settings)
    : buildApplication<ToolContext>(routes, settings);
}
