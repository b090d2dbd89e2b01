import { bar, sparkline } from "../../terminal/bars.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { createCounter, type LogStats } from "./counter.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { jsonFlag } from "../../flags.ts";

interface StatsFlags extends SourceFlags {
  readonly json: boolean;
}

export const statsCommand = defineCommand<StatsFlags, string[]>({
  run: stats,
  parameters: {
    flags: {
      ...sourceFlags,
      json: jsonFlag,
    },
    positional: logPaths,
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).logStats },
  docs: {
    examples: ["analyze-logs stats --last 24h", "analyze-logs stats --json | jq .levels"],
    exitCodes: {
      0: "it is shown",
      1: "a file could not be read whole",
      2: "the command line is wrong",
      3: "nothing can be read",
    },
  },
});

async function stats(this: ToolContext, flags: StatsFlags, ...paths: string[]): Promise<void> {
  const { stdout } = this.process;
  const counter = createCounter();
  const totals = await readLog(this, flags, paths, {}, (entries) => entries.forEach(counter.add));
  const shown = counter.stats(totals.bytes);
  stdout.write(flags.json ? jsonLine(shown) : describe(shown, this));
}

const BAR_WIDTH = 24;

function describe(stats: LogStats, { process: { stdout, env } }: ToolContext): string {
  const style = styleFor(stdout, env);
  if (stats.lines === 0) {
    return "There is no line.\n";
  }
  const head = `${formatCount(stats.lines)} lines from ${stats.first ?? "-"} to ${stats.last ?? "-"}${
    stats.unreadable > 0 ? `, ${formatCount(stats.unreadable)} that are no JSON` : ""
  }\n`;
  const counts = (title: string, of: Readonly<Record<string, number>>): string => {
    const rows = Object.entries(of);
    const largest = Math.max(...rows.map(([, count]) => count));
    return formatTable(
      [
        { title, value: ([name]: (typeof rows)[number]) => name },
        { title: "LINES", value: ([, count]) => formatCount(count), align: "right" },
        { title: "", value: ([, count]) => bar(count, largest, BAR_WIDTH) },
      ],
      rows,
      style,
    );
  };
  const over = stats.over_time;
  const times =
    over.counts.length < 2
      ? ""
      : `\n${style.faint(`PER ${over.seconds} S`)}\n${sparkline(over.counts)}  up to ${formatCount(Math.max(...over.counts))}\n`;
  return `${head}\n${counts("LEVEL", stats.levels)}\n${counts("COMPONENT", stats.components)}${times}`;
}
