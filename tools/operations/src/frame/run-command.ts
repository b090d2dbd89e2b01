import { buildApplication, ExitCode, run, text_en } from "@stricli/core";
import { CommandError } from "../exit-code.ts";
import { oneLine } from "../terminal/printable.ts";
import type { ToolContext } from "../tool-context.ts";
import type { Tool } from "./build-tool.ts";
import type { DefinedCommand } from "./define-command.ts";
import type { Routed } from "./route.ts";

/** Reads the options of a command and runs it. Resolves to the exit code. */
export async function runCommand(
  { name, failures, explain }: Tool,
  { words, entry, args }: Extract<Routed, { readonly kind: "command" }>,
  defined: DefinedCommand,
  process: ToolContext["process"],
): Promise<number> {
  const known = (error: unknown) => (error instanceof CommandError ? error : explain(error));
  const describe = (error: unknown): string =>
    known(error)?.message ?? `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const application = buildApplication<ToolContext>(await defined.build(entry.brief), {
    name: words.join(" "),
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    determineExitCode: (error: unknown) => known(error)?.exitCode ?? failures.unable,
    localization: {
      text: {
        ...text_en,
        formatException: describe,
        exceptionWhileRunningCommand: (error: unknown) => `${name}: ${oneLine(describe(error))}`,
      },
    },
  });
  await run(application, args, { process });
  const code = process.exitCode ?? 0;
  // Codes of the library are negative.
  if (code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand) {
    return failures.usage;
  }
  return typeof code === "number" && code >= 0 ? code : failures.unable;
}
