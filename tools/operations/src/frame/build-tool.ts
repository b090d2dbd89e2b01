import { EXIT, type CommandError, type FailureCodes } from "../exit-code.ts";
import { inert, oneLine } from "../terminal/printable.ts";
import { styleFor, type OutputStream, type Style } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import type { TableEntry } from "./command-table.ts";
import { toolVersion } from "./package-facts.ts";
import { groupHelp } from "./group-help.ts";
import { route, type Routable } from "./route.ts";
import { safeOutput } from "./safe-output.ts";

/** A command-line tool, with the exit codes that it has for what its commands do not say. */
export interface Tool extends Routable {
  readonly failures: FailureCodes;
  /** Knows errors of libraries that speak for themselves. */
  explain(error: unknown): CommandError | null;
}

/** A tool whose failures are one line and an exit code, never a stack trace. */
export function buildTool(
  name: string,
  table: TableEntry,
  options: Partial<Pick<Tool, "explain" | "failures" | "leading">> = {},
): Tool {
  const { explain = () => null, failures = EXIT, leading = [] } = options;
  return { name, table, explain, failures, leading };
}

/**
 * Whether the code that is to be loaded may be: of commands what defines them, which is all that help needs, or also what they
 * load when they run.
 */
export type IsCurrent = (part: "definitions" | "all") => boolean;

/**
 * Runs a command line. Nothing that it prints steers a terminal. Resolves to the exit code; to `null`, with nothing done, where
 * code is needed that is not current. Only the command that is named is loaded, and what reads its options with it: all of them
 * take longer than most commands.
 */
export async function runCommandLine<C extends IsCurrent | undefined = undefined>(
  tool: Tool,
  args: readonly string[],
  outside: ToolContext["process"],
  isCurrent?: C,
): Promise<number | (C extends undefined ? never : null)>;
export async function runCommandLine(
  tool: Tool,
  args: readonly string[],
  outside: ToolContext["process"],
  isCurrent: IsCurrent = () => true,
): Promise<number | null> {
  const process = safeProcess(outside);
  const routed = route(tool, args);
  switch (routed.kind) {
    case "command": {
      if (!isCurrent("definitions")) {
        return null;
      }
      const defined = await routed.entry.load();
      if (asksForHelp(routed.args)) {
        const { commandHelp } = await import("./command-help.ts");
        show((style) => commandHelp(routed, defined, style));
        return EXIT.ok;
      }
      const { runCommand } = await import("./run-command.ts");
      return runCommand(tool, routed, defined, process, () => isCurrent("all"));
    }
    case "help":
      show((style) => groupHelp(routed, style));
      return EXIT.ok;
    case "version":
      quickest("stdout").write(`${tool.name} ${toolVersion()}\n`);
      return EXIT.ok;
    case "wrong":
      quickest("stderr").write(`${tool.name}: ${oneLine(routed.message)}\n`);
      return tool.failures.usage;
  }

  function show(help: (style: Style) => string): void {
    const stdout = quickest("stdout");
    stdout.write(help(styleFor(stdout, process.env)));
  }

  function quickest(stream: "stdout" | "stderr"): OutputStream {
    return process.plain?.(stream) ?? process[stream];
  }
}

/** Unless it stands behind `--`, as an argument. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** The same, on streams that are made when they are first written to: to make one takes longer than some commands. */
function safeProcess(outside: ToolContext["process"]): ToolContext["process"] {
  let stdout: ToolContext["process"]["stdout"] | undefined;
  let stderr: ToolContext["process"]["stderr"] | undefined;
  return {
    get stdout() {
      return (stdout ??= safeOutput(outside.stdout));
    },
    get stderr() {
      return (stderr ??= safeOutput(outside.stderr));
    },
    get stdin() {
      return outside.stdin;
    },
    env: outside.env,
    plain(stream) {
      const plain = outside.plain?.(stream) ?? null;
      return plain === null ? null : { write: (text) => plain.write(inert(text)) };
    },
    ...(outside.interrupted !== undefined && { interrupted: outside.interrupted }),
    // Also who ends the process while the command runs has to know it.
    get exitCode() {
      return outside.exitCode ?? null;
    },
    set exitCode(code) {
      outside.exitCode = code;
    },
  };
}
