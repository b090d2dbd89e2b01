import { limitFlag, type LimitFlags } from "../../flags.ts";
import type { ToolContext } from "../../tool-context.ts";
import { barColumn, countColumn, nameColumn } from "../asking/columns.ts";
import { largestFirst, showRows } from "../asking/show-rows.ts";
import { EXIT_CODES, figureFlags, openSource, type SourceFlags } from "../asking/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface DenialsFlags extends SourceFlags, LimitFlags {}

export const denialsCommand = defineCommand<DenialsFlags>({
  run: denials,
  parameters: { flags: { ...figureFlags, limit: limitFlag("20") } },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).figureRows },
  docs: {
    description:
      "The audit log says why calls of tools were denied; metrics say which actions on which servers.",
    examples: [
      "query-metrics denials --last 24h",
      "query-metrics denials --prometheus http://127.0.0.1:9090 --json",
    ],
    exitCodes: EXIT_CODES,
  },
});

async function denials(this: ToolContext, flags: DenialsFlags): Promise<void> {
  await showRows(this, flags, await openSource(flags, this), {
    query: { by: "reason", percentiles: [] },
    limit: flags.limit,
    select: (rows) =>
      largestFirst(({ denied }) => denied ?? 0)(rows.filter(({ denied }) => (denied ?? 0) > 0)),
    columns: (rows) => [
      countColumn("DENIED", "denied"),
      barColumn(rows, ({ denied }) => denied ?? 0),
      ...(rows.some(({ of }) => of["reason"] !== undefined)
        ? [nameColumn("REASON", "reason")]
        : [nameColumn("SERVER", "server"), nameColumn("ACTION", "action")]),
    ],
    nothing: "Nothing was denied.",
  });
}
