import { CommandError, EXIT } from "../../exit-code.ts";
import { jsonFlag, nameFlag, parseCount } from "../../flags.ts";
import { styleFor, formatCount } from "../../terminal/style.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { describeEntry, entryJson } from "../reading/describe-entry.ts";
import { textField, type LogEntry } from "../scan/entry.ts";
import { atLeastLevel, levelsFrom, LEVEL_NAMES, type LevelName } from "../scan/level.ts";
import { fieldHint } from "../scan/field-hint.ts";
import type { LineFilter } from "../scan/scan.ts";
import { createTextQuery } from "../scan/text-query.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface SearchFlags extends SourceFlags {
  readonly query?: string;
  readonly level?: LevelName;
  readonly component?: string;
  readonly user?: string;
  readonly tool?: string;
  readonly server?: string;
  readonly limit?: number;
  readonly json: boolean;
}

export const searchCommand = defineCommand<SearchFlags, string[]>({
  run: search,
  parameters: {
    flags: {
      ...sourceFlags,
      query: {
        kind: "parsed",
        parse: (value: string) => value,
        optional: true,
        placeholder: "TEXT",
        brief: "Lines that have this text; without capitals in it, in either case",
      },
      level: {
        kind: "enum",
        values: LEVEL_NAMES,
        optional: true,
        brief: "Lines of this level and above",
      },
      component: nameFlag("Lines of this component alone"),
      user: nameFlag("Lines of this user alone"),
      tool: nameFlag("Lines of this tool alone"),
      server: nameFlag("Lines of this server alone"),
      limit: {
        kind: "parsed",
        parse: parseCount,
        optional: true,
        placeholder: "N",
        brief: "End after so many lines",
      },
      json: { ...jsonFlag, brief: "Print the lines as JSON, as they are in the log" },
    },
    positional: logPaths,
  },
  output: { shape: "lines", schema: async () => (await import("../output/schemas.ts")).logLine },
  docs: {
    description: "Lines of the application and security logs in order of time.",
    examples: [
      'analyze-logs search --query "error" --last 1h',
      "analyze-logs search --level warn --component policy --since yesterday",
      "journalctl -u sark -o json | analyze-logs search --query timeout -",
      "analyze-logs search --user alice --json | jq .message",
    ],
    exitCodes: {
      0: "lines were found",
      1: "a file could not be read whole",
      2: "the command line is wrong",
      3: "nothing can be read",
      4: "no line was found",
    },
  },
});

async function search(this: ToolContext, flags: SearchFlags, ...paths: string[]): Promise<void> {
  const { stdout, stderr, env } = this.process;
  const { query, level, component, user, tool, server, limit = Number.POSITIVE_INFINITY, json } = flags;
  if (query === "") {
    throw new CommandError(EXIT.usage, "--query is empty: leave it out to have every line.");
  }
  const style = styleFor(stdout, env);
  const wanted = Object.entries({ component, user, tool, server }).filter(
    (field): field is [string, string] => field[1] !== undefined,
  );
  let found = 0;
  const totals = await readLog(
    this,
    flags,
    paths,
    {
      ...(query === undefined ? hintFor(wanted, level) : { text: createTextQuery(query) }),
      accepts: (entry: LogEntry) =>
        wanted.every(([name, value]) => textField(entry, name) === value) &&
        (level === undefined || atLeastLevel(entry, level)),
    },
    async (entries) => {
      const shown = entries.slice(0, limit - found);
      found += shown.length;
      const lines = shown.map((entry) => (json ? entryJson(entry) : describeEntry(entry, style)));
      await writeText(stdout, lines.join(""));
      return found >= limit;
    },
  );
  if (found === 0) {
    stderr.write(`No line was found in ${formatCount(totals.bytes)} bytes.\n`);
    this.process.exitCode ??= EXIT.nothing;
  }
}

/** Whatever is in every line that is wanted. */
function hintFor(
  [field]: readonly (readonly [string, string])[],
  level: LevelName | undefined,
): Pick<LineFilter, "hint"> {
  if (field !== undefined) {
    return { hint: fieldHint(field[0], [field[1]]) };
  }
  return level === undefined ? {} : { hint: fieldHint("level", levelsFrom(level)) };
}
