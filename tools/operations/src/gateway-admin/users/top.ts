import { formatDuration, parseDuration } from "@sark/observability/forms";
import { jsonFlag, limitFlag, type LimitFlags } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { bar } from "../../terminal/bars.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { CallSummaryShown } from "@sark/gateway/api/audit";

interface TopFlags extends ClientFlags, LimitFlags {
  readonly last: number;
  readonly json: boolean;
}

export const topCommand = defineCommand<TopFlags>({
  run: top,
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
      limit: limitFlag("10"),
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.callSummary },
  docs: {
    description: "Counted in the audit log, of all replicas together.",
    examples: ["gateway-admin users top", "gateway-admin users top --last 1h --limit 50 --json"],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function top(this: ToolContext, { last, limit, json, ...flags }: TopFlags): Promise<void> {
  const { stdout, env } = this.process;
  const query = new URLSearchParams({ by: "user", last: formatDuration(last), limit: String(limit) });
  const shown = await openGateway(flags, this).call(
    "GET",
    `audit/summary?${query.toString()}`,
    responses.callSummary,
  );
  if (json) {
    stdout.write(jsonLine(shown));
  } else if (shown.rows.length === 0) {
    stdout.write(`No tool was called in the last ${formatDuration(last)}.\n`);
  } else {
    stdout.write(formatTable(columnsOf(shown.rows), shown.rows, styleFor(stdout, env)));
    stdout.write(shown.truncated ? "There are more: raise --limit.\n" : "");
  }
}

type Row = CallSummaryShown["rows"][number];
const BAR_WIDTH = 20;

function columnsOf(rows: readonly Row[]): readonly Column<Row>[] {
  const most = Math.max(...rows.map(({ permitted }) => permitted));
  return [
    { title: "WHO", value: ({ user_id: user, agent_id: agent }) => user ?? agent ?? "-" },
    { title: "TENANT", value: ({ tenant_id: tenant }) => tenant ?? "" },
    { title: "CALLS", value: ({ permitted }) => formatCount(permitted), align: "right" },
    { title: "", value: ({ permitted }) => bar(permitted, most, BAR_WIDTH) },
    { title: "DENIED", value: ({ denied }) => formatCount(denied), align: "right" },
    { title: "FAILED", value: ({ failed }) => formatCount(failed), align: "right" },
  ];
}
