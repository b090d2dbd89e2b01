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

interface ToolsFlags extends SourceFlags, CallFlags, LimitFlags {}

export const toolsCommand = defineCommand<ToolsFlags>({
  run: tools,
  parameters: { flags: { ...figureFlags, ...callFlags, limit: limitFlag("20") } },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).figureRows },
  docs: {
    examples: ["query-metrics tools --last 24h", "query-metrics tools --server web --json"],
    exitCodes: EXIT_CODES,
  },
});

async function tools(this: ToolContext, flags: ToolsFlags): Promise<void> {
  const { server, tool, limit } = flags;
  await showRows(this, flags, await openSource(flags, this), {
    query: { by: "tool", percentiles: [], ...(server && { server }), ...(tool && { tool }) },
    limit,
    select: (rows) => largestFirst(({ permitted }) => permitted ?? 0)(rows.filter(({ of }) => of["tool"])),
    columns: (rows) => [
      nameColumn("SERVER", "server"),
      nameColumn("TOOL", "tool"),
      countColumn("CALLS", "permitted"),
      countColumn("DENIED", "denied"),
      countColumn("FAILED", "failed"),
      shareColumn("OK", "ok", "permitted"),
      barColumn(rows, ({ permitted }) => permitted ?? 0),
    ],
    nothing: "No tool was called.",
  });
}
