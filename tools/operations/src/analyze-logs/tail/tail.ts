import { jsonFlag, nameFlag } from "../../flags.ts";
import { styleFor } from "../../terminal/style.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { describeEntry, entryJson } from "../reading/describe-entry.ts";
import { textField, type LogEntry } from "../scan/entry.ts";
import { atLeastLevel, LEVEL_NAMES, type LevelName } from "../scan/level.ts";
import { createTextQuery } from "../scan/text-query.ts";
import { defaultPath, logPaths } from "../reading/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface TailFlags {
  readonly lines: number;
  readonly follow: boolean;
  readonly query?: string;
  readonly level?: LevelName;
  readonly component?: string;
  readonly json: boolean;
}

export const tailCommand = defineCommand<TailFlags, string[]>({
  run: tail,
  parameters: {
    flags: {
      lines: {
        kind: "parsed",
        parse: parseLines,
        default: "10",
        placeholder: "N",
        brief: "How many of the last lines to begin with, 0 to 100000",
      },
      follow: {
        kind: "boolean",
        default: false,
        brief: "Go on with lines as they are written, until interrupted",
      },
      query: {
        kind: "parsed",
        parse: (value: string) => value,
        optional: true,
        placeholder: "TEXT",
        brief: "Lines that have this text; without capitals in it, in either case",
      },
      level: { kind: "enum", values: LEVEL_NAMES, optional: true, brief: "Lines of this level and above" },
      component: nameFlag("Lines of this component alone"),
      json: { ...jsonFlag, brief: "Print the lines as JSON, as they are in the log" },
    },
    aliases: { n: "lines", f: "follow" },
    positional: logPaths,
  },
  output: { shape: "lines", schema: async () => (await import("../output/schemas.ts")).logLine },
  docs: {
    description: "Follows the files over their rotation.",
    examples: ["analyze-logs tail --follow", "analyze-logs tail -n 100 --level warn"],
    exitCodes: {
      0: "it is shown, or was interrupted",
      2: "the command line is wrong",
      3: "nothing can be read",
    },
  },
});

async function tail(this: ToolContext, flags: TailFlags, ...paths: string[]): Promise<void> {
  const { stdout, env, interrupted } = this.process;
  const { query, level, component, json } = flags;
  const signal = flags.follow ? (interrupted?.() ?? new AbortController().signal) : AbortSignal.abort();
  const style = styleFor(stdout, env);
  const show = (entries: readonly LogEntry[]) =>
    writeText(
      stdout,
      entries.map((entry) => (json ? entryJson(entry) : describeEntry(entry, style))).join(""),
    );
  const { createFollower } = await import("./follow.ts");
  const follower = createFollower(paths.length > 0 ? paths : [defaultPath(env)], {
    ...(query === undefined || query === "" ? {} : { text: createTextQuery(query) }),
    accepts: (entry) =>
      (level === undefined || atLeastLevel(entry, level)) &&
      (component === undefined || textField(entry, "component") === component),
  });
  await show(await follower.last(flags.lines));
  for await (const entries of follower.following(signal)) {
    await show(entries);
  }
}

function parseLines(value: string): number {
  if (!/^(0|[1-9]\d{0,5})$/.test(value) || Number(value) > 100_000) {
    throw new RangeError(`"${value}" is no number from 0 to 100000`);
  }
  return Number(value);
}
