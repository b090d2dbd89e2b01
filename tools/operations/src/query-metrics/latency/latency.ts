import { limitFlag, type LimitFlags } from "../../flags.ts";
import type { ToolContext } from "../../tool-context.ts";
import { countColumn, durationColumns, nameColumn } from "../asking/columns.ts";
import { parsePercentiles } from "../asking/percentiles.ts";
import { largestFirst, showRows } from "../asking/show-rows.ts";
import {
  callFlags,
  EXIT_CODES,
  figureFlags,
  openSource,
  type CallFlags,
  type SourceFlags,
} from "../asking/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface LatencyFlags extends SourceFlags, CallFlags, LimitFlags {
  readonly percentiles: readonly number[];
}

export const latencyCommand = defineCommand<LatencyFlags>({
  run: latency,
  parameters: {
    flags: {
      ...figureFlags,
      ...callFlags,
      limit: limitFlag("20"),
      percentiles: {
        kind: "parsed",
        parse: parsePercentiles,
        default: "50,95,99",
        placeholder: "LIST",
        brief: "Up to ten numbers above 0 and below 100",
      },
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).figureRows },
  docs: {
    description: `The slowest first, by the last percentile. Of the audit log each is a duration that occurred; Prometheus estimates
it within a bucket of the histogram.`,
    examples: [
      "query-metrics latency --percentiles 50,95,99",
      "query-metrics latency --last 24h --tool search --json",
    ],
    exitCodes: EXIT_CODES,
  },
});

async function latency(this: ToolContext, flags: LatencyFlags): Promise<void> {
  const { server, tool, percentiles, limit } = flags;
  await showRows(this, flags, await openSource(flags, this), {
    query: { by: "tool", percentiles, ...(server && { server }), ...(tool && { tool }) },
    limit,
    select: (rows) =>
      largestFirst(({ durations_ms: durations }) => durations?.at(-1) ?? 0)(
        rows.filter(({ durations_ms: durations }) => durations !== null),
      ),
    columns: () => [
      nameColumn("SERVER", "server"),
      nameColumn("TOOL", "tool"),
      countColumn("CALLS", "permitted"),
      ...durationColumns(percentiles),
    ],
    nothing: "No call ended.",
  });
}
