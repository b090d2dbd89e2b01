import { formatDuration, parseDuration } from "@sark/observability/forms";
import { jsonFlag, parseCount } from "../../flags.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { numberField, textField, type LogEntry } from "../scan/entry.ts";
import { numberHint } from "../scan/field-hint.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { createTopList } from "./top-list.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface SlowFlags extends SourceFlags {
  readonly threshold: number;
  readonly limit: number;
  readonly json: boolean;
}

/** A request that took long, as one of its lines says. */
export interface SlowRequest {
  readonly timestamp: string | null;
  readonly duration_ms: number;
  readonly request_id: string;
  readonly component: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  readonly user: string | null;
  readonly outcome: string | null;
  readonly message: string | null;
}

export const slowRequestsCommand = defineCommand<SlowFlags, string[]>({
  run: slowRequests,
  parameters: {
    flags: {
      ...sourceFlags,
      threshold: {
        kind: "parsed",
        parse: parseDuration,
        default: "1s",
        placeholder: "TIME",
        brief: "Requests that took at least as long",
      },
      limit: {
        kind: "parsed",
        parse: parseCount,
        default: "20",
        placeholder: "N",
        brief: "How many to show, the slowest first",
      },
      json: jsonFlag,
    },
    positional: logPaths,
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).slowRequests },
  docs: {
    description:
      "By the durations on their lines; a request that several lines tell of is shown once, with the longest.",
    examples: [
      "analyze-logs slow-requests --threshold 2s --last 24h",
      "analyze-logs slow-requests --threshold 500ms --limit 5 --json",
    ],
    exitCodes: {
      0: "it is shown",
      1: "a file could not be read whole",
      2: "the command line is wrong",
      3: "nothing can be read",
    },
  },
});

async function slowRequests(this: ToolContext, flags: SlowFlags, ...paths: string[]): Promise<void> {
  const { stdout, env } = this.process;
  const { threshold, limit, json } = flags;
  const slowest = createTopList<SlowRequest>(limit, {
    weight: (request) => request.duration_ms,
    identity: (request) => request.request_id,
  });
  await readLog(
    this,
    flags,
    paths,
    {
      hint: numberHint("duration_ms", threshold),
      accepts: (entry) =>
        (numberField(entry, "duration_ms") ?? -1) >= threshold && textField(entry, "correlation_id") !== null,
    },
    (entries) => {
      for (const entry of entries) {
        slowest.add(toRequest(entry));
      }
    },
  );
  const shown = { threshold_ms: threshold, found: slowest.seen(), requests: slowest.top() };
  if (json) {
    stdout.write(jsonLine(shown));
  } else if (shown.requests.length === 0) {
    stdout.write(`No request took ${formatDuration(threshold)} or longer.\n`);
  } else {
    stdout.write(formatTable(COLUMNS, shown.requests, styleFor(stdout, env)));
    stdout.write(
      shown.found > shown.requests.length
        ? `There are ${formatCount(shown.found - shown.requests.length)} more: raise --limit.\n`
        : "",
    );
  }
}

function toRequest(entry: LogEntry): SlowRequest {
  return {
    timestamp: entry.at === null ? null : new Date(entry.at).toISOString(),
    duration_ms: numberField(entry, "duration_ms") ?? 0,
    request_id: textField(entry, "correlation_id") ?? "",
    component: textField(entry, "component"),
    server: textField(entry, "server"),
    tool: textField(entry, "tool"),
    user: textField(entry, "user"),
    outcome: textField(entry, "outcome"),
    message: textField(entry, "message"),
  };
}

const COLUMNS: readonly Column<SlowRequest>[] = [
  { title: "TIME", value: ({ timestamp }) => timestamp ?? "-" },
  { title: "DURATION", value: ({ duration_ms: ms }) => `${(ms / 1_000).toFixed(3)} s`, align: "right" },
  { title: "SERVER", value: ({ server }) => server ?? "-" },
  { title: "TOOL", value: ({ tool, component }) => tool ?? component ?? "-" },
  { title: "USER", value: ({ user }) => user ?? "-" },
  { title: "OUTCOME", value: ({ outcome, message }) => outcome ?? message ?? "-" },
  { title: "REQUEST", value: ({ request_id: id }) => id },
];
