import { join } from "node:path";
import { EXIT } from "../../exit-code.ts";
import { dataDirectory } from "../../local-gateway.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatCount } from "../../terminal/style.ts";
import { rangeFlags, rangeOf, type RangeFlags } from "../../time/range-flags.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { LogEntry } from "../scan/entry.ts";
import type { LineFilter, ScanTotals } from "../scan/scan.ts";

/** Flags of every command that reads log lines. */
export interface SourceFlags extends RangeFlags {
  readonly index: boolean;
}

export const sourceFlags = {
  ...rangeFlags,
  index: {
    kind: "boolean",
    default: true,
    brief: "Remember beside rotated files which times their parts have",
  },
} as const;

export const logPaths = {
  kind: "array",
  parameter: {
    parse: (value: string) => value,
    placeholder: "PATH",
    brief:
      "File or folder of log lines, packed or not, or what journalctl wrote; - is standard input; default logs in SARK_DATA_DIRECTORY or .sark",
  },
} as const;

/**
 * Hands the lines that a filter lets pass to `take`, in order, until it has enough. A file that cannot be read whole is
 * named on standard error, and makes the exit code that of a finding.
 */
export async function readLog(
  context: ToolContext,
  flags: SourceFlags,
  paths: readonly string[],
  filter: Omit<LineFilter, "range">,
  take: (entries: readonly LogEntry[]) => void | Promise<boolean | void>,
): Promise<ScanTotals> {
  const { stderr, stdin, env } = context.process;
  const { openLogLines } = await import("../sources/log-lines.ts");
  const progress = createProgress(stderr);
  const { totals, entries } = openLogLines(
    {
      paths: paths.length > 0 ? paths : [defaultPath(env)],
      stdin,
      index: flags.index,
      failed(path, reason) {
        progress.clear();
        stderr.write(`analyze-logs: ${path} could not be read whole (${reason}).\n`);
        context.process.exitCode = EXIT.finding;
      },
      progress: (done, of) =>
        progress.update(
          `read ${inMebibytes(done)}${of > 0 ? ` of ${inMebibytes(of)}` : ""} MiB`,
          of > 0 ? done / of : undefined,
        ),
    },
    { ...filter, range: rangeOf(flags) },
  );
  try {
    for await (const some of entries) {
      progress.clear();
      if ((await take(some)) === true) {
        break;
      }
    }
  } finally {
    progress.clear();
  }
  return totals;
}

/** Where a gateway on this machine writes its log files, unless it is told otherwise. */
export function defaultPath(environment: ToolContext["process"]["env"]): string {
  return join(dataDirectory(environment), "logs");
}

function inMebibytes(bytes: number): string {
  return formatCount(Math.round(bytes / 1_048_576));
}
