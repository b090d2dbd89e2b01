import { upstreams as upstreamsSchema, type UpstreamsShown } from "@sark/gateway/api/upstreams";
import { EXIT } from "../../exit-code.ts";
import { jsonFlag } from "../../flags.ts";
import { clientFlags, openGateway, type ClientFlags } from "../../gateway-client/client.ts";
import { formatCount, styleFor, type Style } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

export const upstreamsCommand = defineCommand<ClientFlags & { readonly json: boolean }>({
  async run({ json, ...flags }) {
    const { stdout, env } = this.process;
    const shown = await openGateway(flags, this).call("GET", "/admin/v1/upstreams", upstreamsSchema);
    stdout.write(json ? jsonLine(shown) : describe(shown, styleFor(stdout, env)));
    if (shown.upstreams.some(isIll)) {
      this.process.exitCode = EXIT.finding;
    }
  },
  parameters: { flags: { ...clientFlags, json: jsonFlag } },
  docs: {
    brief: "Show the MCP servers behind a gateway",
    description:
      "Of the replica that responds: whether they can be reached, what is in flight, what failed last.",
    examples: ["gateway-admin upstreams", "gateway-admin upstreams --json"],
    exitCodes: {
      0: "all can be reached",
      1: "one cannot",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

type Upstream = UpstreamsShown["upstreams"][number];

function isIll({ status }: Upstream): boolean {
  return status === "down" || status === "degraded";
}

function describe({ upstreams }: UpstreamsShown, style: Style): string {
  const columns: readonly Column<Upstream>[] = [
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
    { title: "WHY", value: ({ message, last_error: error }) => message ?? error?.message ?? "" },
  ];
  return upstreams.length === 0 ? "There are no servers.\n" : formatTable(columns, upstreams, style);
}

function inFlight(pools: Upstream["pools"]): number {
  return Object.values(pools).reduce((sum, { in_use: used, waiting }) => sum + used + waiting, 0);
}
