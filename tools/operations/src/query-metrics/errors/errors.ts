import { limitFlag, type LimitFlags } from "../../flags.ts";
import type { ToolContext } from "../../tool-context.ts";
import { barColumn, countColumn, nameColumn, shareColumn } from "../asking/columns.ts";
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

interface ErrorsFlags extends SourceFlags, CallFlags, LimitFlags {}

export const errorsCommand = defineCommand<ErrorsFlags>({
  run: errors,
  parameters: { flags: { ...figureFlags, ...callFlags, limit: limitFlag("20") } },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).figureRows },
  docs: {
    description: "Calls that the tool, the protocol, the server or its silence let fail.",
    examples: ["query-metrics errors --last 1h", "query-metrics errors --last 7d --server web --json"],
    exitCodes: EXIT_CODES,
  },
});

async function errors(this: ToolContext, flags: ErrorsFlags): Promise<void> {
  const { server, tool, limit } = flags;
  await showRows(this, flags, await openSource(flags, this), {
    query: { by: "tool", percentiles: [], ...(server && { server }), ...(tool && { tool }) },
    limit,
    select: (rows) =>
      largestFirst(({ failed }) => failed ?? 0)(rows.filter(({ failed }) => (failed ?? 0) > 0)),
    columns: (rows) => [
      nameColumn("SERVER", "server"),
      nameColumn("TOOL", "tool"),
      countColumn("CALLS", "permitted"),
      countColumn("FAILED", "failed"),
      shareColumn("SHARE", "failed", "permitted"),
      barColumn(rows, ({ failed }) => failed ?? 0),
    ],
    nothing: "No call failed.",
  });
}
