import type { GatewayStatus } from "@sark/gateway/api/status";
import { EXIT } from "../../exit-code.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { formatCount, formatNumberOf, styleFor, type Style } from "../../terminal/style.ts";
import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatTwoColumns } from "../../terminal/two-columns.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

export const statusCommand = defineCommand<ClientFlags & { readonly json: boolean }>({
  async run({ json, ...flags }) {
    const { stdout, env } = this.process;
    const status = await openGateway(flags, this).call("GET", "/admin/v1/status", responses.gatewayStatus);
    stdout.write(json ? jsonLine(status) : describe(status, styleFor(stdout, env)));
    if (status.state !== "serving" || status.health.status !== "ok") {
      this.process.exitCode = EXIT.finding;
    }
  },
  parameters: {
    flags: {
      ...clientFlags,
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.gatewayStatus },
  docs: {
    description: "Shows the replica that responds: version, state, health, and what is open and counted.",
    examples: ["gateway-admin status", "gateway-admin status --json --url http://gateway-2:8000"],
    exitCodes: {
      0: "it serves and all is well",
      1: "it drains or a part is not well",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

function describe(status: GatewayStatus, style: Style): string {
  const { health, sessions, limits, audit_store: store } = status;
  const failing = Object.entries(health.failing).map(([name, how]) => `${name} ${how}`);
  const paint = (well: boolean, text: string) => (well ? style.good(text) : style.bad(text));
  const spool =
    store.spooled_bytes === null
      ? ""
      : `, ${formatNumberOf(store.spooled_bytes, "byte is", "bytes are")} kept on disk`;
  const rows: readonly [string, string][] = [
    ["gateway", `${status.replica}, version ${status.version}, up ${formatSeconds(status.uptime_seconds)}`],
    ["state", paint(status.state === "serving", status.state)],
    ["health", paint(health.status === "ok", [health.status, ...failing].join(", "))],
    [
      "running",
      `${formatNumberOf(status.calls_running, "call")}, ${formatNumberOf(status.streams_open, "stream")}`,
    ],
    [
      "sessions",
      `${formatCount(sessions.open)}, and ${formatCount(sessions.activities)} without one, of ${formatCount(sessions.max)} that fit; of ${formatNumberOf(sessions.principals, "principal")}`,
    ],
    [
      "a principal may",
      `have ${formatNumberOf(sessions.max_per_principal, "session")}, ${formatNumberOf(limits.requests_per_caller, "request")} and ${formatNumberOf(limits.streams_per_caller, "stream")} at once`,
    ],
    ["rate limits", `${formatNumberOf(limits.rate_limit_rules, "rule")}, ${SHARED[limits.shared]}`],
    [
      "audit store",
      paint(
        store.available,
        `${store.available ? "takes records" : "takes no records"}, ${formatCount(store.waiting)} of ${formatCount(store.queue_limit)} wait${spool}`,
      ),
    ],
  ];
  return formatLines(
    formatTwoColumns(
      rows.map(([name, value]) => ({ name, value })),
      style,
    ),
  );
}

const SHARED = {
  no: "counted by this replica alone",
  up: "counted by all replicas together",
  away: "counted by this replica alone: the shared state is away",
} as const;
