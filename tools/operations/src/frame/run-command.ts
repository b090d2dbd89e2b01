import { buildApplication, ExitCode, run, text_en } from "@stricli/core";
import { CommandError } from "../exit-code.ts";
import { oneLine } from "../terminal/printable.ts";
import type { ToolContext } from "../tool-context.ts";
import type { Tool } from "./build-tool.ts";
import type { DefinedCommand } from "./define-command.ts";
import type { Routed } from "./route.ts";

/** Reads the options of a command and runs it. Resolves to the exit code; to `null` where they are well and it may not run. */
export async function runCommand(
  { name, failures, explain }: Tool,
  { words, entry, args }: Extract<Routed, { readonly kind: "command" }>,
  defined: DefinedCommand,
  process: ToolContext["process"],
  isCurrent: () => boolean,
): Promise<number | null> {
  // `null` while its options are read.
  let mayRun: boolean | null = null;
  const known = (error: unknown) => (error instanceof CommandError ? error : explain(error));
  const describe = (error: unknown): string =>
    known(error)?.message ?? `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const application = buildApplication<ToolContext>(await defined.build(entry.brief, begins), {
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
  await run(application, args, { process: untilItRuns(process, () => mayRun === null) });
  if (wasRefused()) {
    return null;
  }
  const code = process.exitCode ?? 0;
  // Codes of the library are negative.
  if (code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand) {
    return failures.usage;
  }
  return typeof code === "number" && code >= 0 ? code : failures.unable;

  function begins(): boolean {
    mayRun = isCurrent();
    return mayRun;
  }

  function wasRefused(): boolean {
    return mayRun === false;
  }
}

/** The same, with the quicker way to say what is wrong with options. */
function untilItRuns(process: ToolContext["process"], isReading: () => boolean): ToolContext["process"] {
  const output = (stream: "stdout" | "stderr") => ({
    get: () => (isReading() ? process.plain?.(stream) : null) ?? process[stream],
  });
  return Object.create(process, {
    stdout: output("stdout"),
    stderr: output("stderr"),
    exitCode: {
      get: () => process.exitCode,
      set(code: number | string | null) {
        process.exitCode = code;
      },
    },
  }) as ToolContext["process"];
}
