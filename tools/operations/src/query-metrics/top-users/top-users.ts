import { limitFlag, type LimitFlags } from "../../flags.ts";
import type { ToolContext } from "../../tool-context.ts";
import { barColumn, countColumn, nameColumn } from "../asking/columns.ts";
import type { FigureRow } from "../figures/figures.ts";
import { largestFirst, showRows } from "../asking/show-rows.ts";
import { EXIT_CODES, figureFlags, openSource, type SourceFlags } from "../asking/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface TopUsersFlags extends SourceFlags, LimitFlags {}

export const topUsersCommand = defineCommand<TopUsersFlags>({
  run: topUsers,
  parameters: { flags: { ...figureFlags, limit: limitFlag("10") } },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).figureRows },
  docs: {
    description: `The audit log counts calls of tools, and names agents apart from users. Metrics count every request that policy decided on, of users and
agents by one name; beyond a bound of names, the rest is "other".`,
    examples: ["query-metrics top-users --limit 10", "query-metrics top-users --last 7d --json"],
    exitCodes: EXIT_CODES,
  },
});

async function topUsers(this: ToolContext, flags: TopUsersFlags): Promise<void> {
  const calls = ({ permitted, denied }: FigureRow) => (permitted ?? 0) + (denied ?? 0);
  await showRows(this, flags, await openSource(flags, this), {
    query: { by: "user", percentiles: [] },
    limit: flags.limit,
    select: largestFirst(calls),
    columns: (rows) => [
      nameColumn("TENANT", "tenant"),
      nameColumn("USER", "user"),
      ...(rows.some(({ of }) => of["agent"]) ? [nameColumn("AGENT", "agent")] : []),
      countColumn("PERMITTED", "permitted"),
      countColumn("DENIED", "denied"),
      barColumn(rows, calls),
    ],
    nothing: "Nothing was called.",
  });
}
