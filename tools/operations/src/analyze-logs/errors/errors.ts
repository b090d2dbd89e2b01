import { parseCount } from "../../flags.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { describeEntry, entryJson } from "../reading/describe-entry.ts";
import { atLeastLevel, levelsFrom } from "../scan/level.ts";
import { fieldHint } from "../scan/field-hint.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { createErrorGroups, type ErrorGroup } from "./error-groups.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface ErrorsFlags extends SourceFlags {
  readonly group: boolean;
  readonly warnings: boolean;
  readonly limit: number;
  readonly json: boolean;
}

export const errorsCommand = defineCommand<ErrorsFlags, string[]>({
  run: errors,
  parameters: {
    flags: {
      ...sourceFlags,
      group: {
        kind: "boolean",
        default: false,
        brief: "Count what differs in numbers, ids and quoted names only as one, the most frequent first",
      },
      warnings: { kind: "boolean", default: false, brief: "Warnings, too" },
      limit: {
        kind: "parsed",
        parse: parseCount,
        default: "50",
        placeholder: "N",
        brief: "How many to show",
      },
      json: {
        kind: "boolean",
        default: false,
        brief: "Print JSON: lines as in the log, or one object with --group",
      },
    },
    positional: logPaths,
  },
  output: { shape: "lines", schema: async () => (await import("../output/schemas.ts")).errorsOutput },
  docs: {
    description: "Lines of level error and fatal.",
    examples: ["analyze-logs errors --last 1h", "analyze-logs errors --group --warnings --since yesterday"],
    exitCodes: {
      0: "it is shown, also where there was none",
      1: "a file could not be read whole",
      2: "the command line is wrong",
      3: "nothing can be read",
    },
  },
});

async function errors(this: ToolContext, flags: ErrorsFlags, ...paths: string[]): Promise<void> {
  const { stdout, stderr, env } = this.process;
  const { group, limit, json } = flags;
  const level = flags.warnings ? "warn" : "error";
  const filter = {
    hint: fieldHint("level", levelsFrom(level)),
    accepts: (entry: Parameters<typeof atLeastLevel>[0]) => atLeastLevel(entry, level),
  };
  const style = styleFor(stdout, env);
  if (group) {
    const groups = createErrorGroups();
    await readLog(this, flags, paths, filter, (entries) => entries.forEach(groups.add));
    const all = groups.all();
    const shown = {
      errors: groups.counted(),
      kinds: all.length,
      truncated: groups.overflowed(),
      groups: all.slice(0, limit),
    };
    if (json) {
      stdout.write(jsonLine(shown));
    } else if (all.length === 0) {
      stdout.write("There is no error.\n");
    } else {
      await writeText(stdout, formatTable(COLUMNS, shown.groups, style));
      stdout.write(
        all.length > limit ? `There are ${formatCount(all.length - limit)} more kinds: raise --limit.\n` : "",
      );
    }
    return;
  }
  let found = 0;
  await readLog(this, flags, paths, filter, async (entries) => {
    const shown = entries.slice(0, Math.max(0, limit - found));
    found += entries.length;
    await writeText(
      stdout,
      shown.map((entry) => (json ? entryJson(entry) : describeEntry(entry, style))).join(""),
    );
  });
  if (found > limit) {
    stderr.write(`There are ${formatCount(found - limit)} more: raise --limit, or --group them.\n`);
  } else if (found === 0) {
    stderr.write("There is no error.\n");
  }
}

const COLUMNS: readonly Column<ErrorGroup>[] = [
  { title: "COUNT", value: ({ count }) => formatCount(count), align: "right" },
  { title: "LEVEL", value: ({ level }) => level },
  { title: "COMPONENT", value: ({ component }) => component },
  { title: "FIRST", value: ({ first }) => first ?? "-" },
  { title: "LAST", value: ({ last }) => last ?? "-" },
  { title: "WHAT", value: ({ kind }) => kind },
];
