import { EXIT } from "../../exit-code.ts";
import { jsonFlag, parseCount } from "../../flags.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { describeEntry, entryJson } from "../reading/describe-entry.ts";
import { textField, type LogEntry } from "../scan/entry.ts";
import { fieldHint } from "../scan/field-hint.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface UserFlags extends SourceFlags {
  readonly id: string;
  readonly limit: number;
  readonly json: boolean;
}

export const userCommand = defineCommand<UserFlags, string[]>({
  run: user,
  parameters: {
    flags: {
      ...sourceFlags,
      id: { kind: "parsed", parse: (value: string) => value, placeholder: "NAME", brief: "The user" },
      limit: {
        kind: "parsed",
        parse: parseCount,
        default: "50",
        placeholder: "N",
        brief: "How many of the latest lines to show",
      },
      json: { ...jsonFlag, brief: "Print the lines as JSON, as they are in the log" },
    },
    positional: logPaths,
  },
  output: { shape: "lines", schema: async () => (await import("../output/schemas.ts")).logLine },
  docs: {
    description: "The latest lines of a user, and how many there are of which level.",
    examples: [
      "analyze-logs user --id alice --last 24h",
      "analyze-logs user --id alice --json --limit 1000 | jq -r .tool",
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

async function user(this: ToolContext, flags: UserFlags, ...paths: string[]): Promise<void> {
  const { stdout, stderr, env } = this.process;
  const { id, limit, json } = flags;
  const style = styleFor(stdout, env);
  const levels = new Map<string, number>();
  let latest: LogEntry[] = [];
  await readLog(
    this,
    flags,
    paths,
    { hint: fieldHint("user", [id]), accepts: (entry) => textField(entry, "user") === id },
    (entries) => {
      for (const entry of entries) {
        const level = textField(entry, "level") ?? "-";
        levels.set(level, (levels.get(level) ?? 0) + 1);
      }
      latest = [...latest, ...entries].slice(-limit);
    },
  );
  await writeText(
    stdout,
    latest.map((entry) => (json ? entryJson(entry) : describeEntry(entry, style))).join(""),
  );
  if (latest.length === 0) {
    stderr.write(`There is no line of the user ${JSON.stringify(id)}.\n`);
    this.process.exitCode ??= EXIT.nothing;
    return;
  }
  const counts = [...levels].map(([level, count]) => `${formatCount(count)} ${level}`).join(", ");
  stderr.write(`${counts}; the latest ${formatCount(latest.length)} are shown.\n`);
}
