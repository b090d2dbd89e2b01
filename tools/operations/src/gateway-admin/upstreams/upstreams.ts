import type { UpstreamsShown } from "@sark/gateway/api/upstreams";
import { EXIT } from "../../exit-code.ts";
import { jsonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatCount, styleFor, type Style } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

type ShowFlags = ClientFlags & { readonly json: boolean };

const shared = {
  parameters: { flags: { ...clientFlags, json: jsonFlag } },
  output: { shape: "object", schema: responses.upstreams },
} as const;

export const listCommand = defineCommand<ShowFlags>({
  ...shared,
  async run(flags) {
    await show(this, flags, listColumns);
  },
  docs: {
    description: "Of the replica that responds, in the order of its configuration.",
    examples: ["gateway-admin upstreams list", "gateway-admin upstreams list --json"],
    exitCodes: {
      0: "they are listed",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

export const healthCommand = defineCommand<ShowFlags>({
  ...shared,
  async run(flags) {
    const { upstreams } = await show(this, flags, healthColumns);
    if (upstreams.some(isIll)) {
      this.process.exitCode = EXIT.finding;
    }
  },
  docs: {
    description: "Of the replica that responds: what is in flight, what failed last, and why.",
    examples: ["gateway-admin upstreams health"],
    exitCodes: {
      0: "all can be reached",
      1: "one cannot",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function show(
  context: ToolContext,
  { json, ...flags }: ShowFlags,
  columns: (style: Style) => readonly Column<Upstream>[],
): Promise<UpstreamsShown> {
  const { stdout, env } = context.process;
  const shown = await openGateway(flags, context).call("GET", "/admin/v1/upstreams", responses.upstreams);
  if (json) {
    stdout.write(jsonLine(shown));
  } else if (shown.upstreams.length === 0) {
    stdout.write("There are no servers.\n");
  } else {
    const style = styleFor(stdout, env);
    stdout.write(formatTable(columns(style), shown.upstreams, style));
  }
  return shown;
}

type Upstream = UpstreamsShown["upstreams"][number];

function isIll({ status }: Upstream): boolean {
  return status === "down" || status === "degraded";
}

function listColumns(): readonly Column<Upstream>[] {
  return [
    { title: "SERVER", value: ({ name }) => name },
    { title: "KIND", value: ({ kind }) => kind },
    { title: "SENSITIVITY", value: ({ sensitivity }) => sensitivity },
    { title: "DESCRIPTION", value: ({ description }) => description },
  ];
}

function healthColumns(style: Style): readonly Column<Upstream>[] {
  return [
    { title: "SERVER", value: ({ name }) => name },
    { title: "KIND", value: ({ kind }) => kind },
    {
      title: "STATUS",
      value: ({ status }) => status,
      paint: (one) => (isIll(one) ? style.bad : one.status === "ok" ? style.good : undefined),
    },
    { title: "IN FLIGHT", value: ({ pools }) => formatCount(inFlight(pools)), align: "right" },
    { title: "ERRORS", value: ({ errors }) => formatCount(errors), align: "right" },
    {
      title: "CRASHED",
      value: ({ processes }) => (processes === null ? "" : formatCount(processes.crashed)),
      align: "right",
    },
    { title: "CHECKED", value: ({ last_checked: at }) => at ?? "never" },
    { title: "WHY", value: ({ message, last_error: error }) => message ?? error?.message ?? "" },
  ];
}

function inFlight(pools: Upstream["pools"]): number {
  return Object.values(pools).reduce((sum, { in_use: used, waiting }) => sum + used + waiting, 0);
}
