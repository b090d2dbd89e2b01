import { CommandError, EXIT } from "../../exit-code.ts";
import { limitFlag, type LimitFlags } from "../../flags.ts";
import { bar } from "../../terminal/bars.ts";
import { styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import {
  describeSource,
  EXIT_CODES,
  figureFlags,
  openSource,
  sourceJson,
  type SourceFlags,
} from "../asking/source-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface CostFlags extends SourceFlags, LimitFlags {}

export const costCommand = defineCommand<CostFlags>({
  run: cost,
  parameters: { flags: { ...figureFlags, limit: limitFlag("20") } },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).costs },
  docs: {
    description: `In the currency of the gateway's configuration, by tenant and tool and by user. Metrics alone say it for a time: it takes Prometheus.
How budgets stand, exactly, is shown by gateway-admin quotas show.`,
    examples: ["query-metrics cost --last 24h --prometheus http://127.0.0.1:9090"],
    exitCodes: EXIT_CODES,
  },
});

async function cost(this: ToolContext, flags: CostFlags): Promise<void> {
  const { stdout, env } = this.process;
  const { last, limit, json } = flags;
  const source = await openSource(flags, this);
  const asked = source.costs(last);
  if (asked === null) {
    throw new CommandError(
      EXIT.usage,
      "What calls cost in a time is in the metrics alone: say --prometheus URL, or set PROMETHEUS_URL. How budgets stand: gateway-admin quotas show.",
    );
  }
  const { tools, users } = await asked;
  const total = tools.reduce((sum, one) => sum + one.cost, 0);
  if (json) {
    stdout.write(jsonLine({ ...sourceJson(source, last), total, tools, users }));
    return;
  }
  const style = styleFor(stdout, env);
  const shown = <R extends { readonly cost: number }>(rows: readonly R[]) =>
    rows.toSorted((one, other) => other.cost - one.cost).slice(0, limit);
  const costColumns = <R extends { readonly cost: number }>(rows: readonly R[]) => {
    const largest = Math.max(0, ...rows.map((row) => row.cost));
    return [
      { title: "COST", value: (row: R) => row.cost.toFixed(4), align: "right" as const },
      { title: "", value: (row: R) => bar(row.cost, largest, 20) },
    ];
  };
  const [topTools, topUsers] = [shown(tools), shown(users)];
  stdout.write(describeSource(source, last));
  if (tools.length === 0 && users.length === 0) {
    stdout.write("Nothing was spent.\n");
    return;
  }
  stdout.write(
    formatTable(
      [
        { title: "TENANT", value: ({ tenant }: (typeof topTools)[number]) => tenant || "-" },
        { title: "TOOL", value: ({ tool }: (typeof topTools)[number]) => tool },
        ...costColumns(topTools),
      ],
      topTools,
      style,
    ),
  );
  stdout.write("\n");
  stdout.write(
    formatTable(
      [
        { title: "USER", value: ({ user }: (typeof topUsers)[number]) => user || "-" },
        ...costColumns(topUsers),
      ],
      topUsers,
      style,
    ),
  );
  stdout.write(`\n${total.toFixed(4)} in all.\n`);
}
