import type { ToolStatsShown } from "@sark/gateway/api/tools";
import { formatDuration, parseDuration } from "@sark/observability/forms";
import { given, jsonFlag, nameFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface StatsFlags extends ClientFlags {
  readonly last: number;
  readonly server?: string;
  readonly tool?: string;
  readonly json: boolean;
}

export const statsCommand = defineCommand<StatsFlags>({
  run: stats,
  parameters: {
    flags: {
      ...clientFlags,
      last: {
        kind: "parsed",
        parse: parseDuration,
        default: "24h",
        placeholder: "TIME",
        brief: "How far back, at most 31d",
      },
      server: nameFlag("Tools of this server alone"),
      tool: nameFlag("This tool alone"),
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.toolStats },
  docs: {
    description:
      "Counted in the audit log, of all replicas together. Durations are those of calls that ended.",
    examples: [
      "gateway-admin tools stats --last 24h",
      "gateway-admin tools stats --last 1h --server web --json",
    ],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function stats(this: ToolContext, { last, server, tool, json, ...flags }: StatsFlags): Promise<void> {
  const { stdout, env } = this.process;
  const query = new URLSearchParams({ last: formatDuration(last), ...given({ server, tool }) });
  const path = `/admin/v1/tools/stats?${query.toString()}`;
  const shown = await openGateway(flags, this).call("GET", path, responses.toolStats);
  if (json) {
    stdout.write(jsonLine(shown));
  } else if (shown.tools.length === 0) {
    stdout.write(`No tool was called in the last ${formatDuration(last)}.\n`);
  } else {
    stdout.write(formatTable(COLUMNS, shown.tools, styleFor(stdout, env)));
    stdout.write(shown.truncated ? "There are more tools: name a --server, or ask for --json.\n" : "");
  }
}

type Row = ToolStatsShown["tools"][number];

const count = (title: string, value: (row: Row) => number): Column<Row> => ({
  title,
  value: (row) => formatCount(value(row)),
  align: "right",
});
const milliseconds = (title: string, of: "p50" | "p95" | "p99"): Column<Row> => ({
  title,
  value: ({ duration_ms: durations }) => (durations === null ? "-" : `${durations[of].toFixed(1)} ms`),
  align: "right",
});

const COLUMNS: readonly Column<Row>[] = [
  { title: "SERVER", value: ({ server }) => server ?? "-" },
  { title: "TOOL", value: ({ tool }) => tool },
  count("CALLS", ({ permitted }) => permitted),
  count("DENIED", ({ denied }) => denied),
  count("LIMITED", ({ rate_limited: limited }) => limited),
  count("FAILED", ({ failed }) => failed),
  milliseconds("P50", "p50"),
  milliseconds("P95", "p95"),
  milliseconds("P99", "p99"),
];
