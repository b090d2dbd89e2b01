import type { ShownDrain } from "@sark/gateway/api/draining";
import { formatDuration, parseDuration } from "@sark/observability/forms";
import { wait } from "@sark/observability/waiting";
import { EXIT } from "../../exit-code.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway, type GatewayClient } from "../../gateway-client/client.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatCount } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";
import { jsonFlag, optionalReasonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface DrainFlags extends ClientFlags {
  readonly timeout: number;
  readonly reason?: string;
  readonly wait: boolean;
  readonly json: boolean;
}

const PATH = "/admin/v1/drain";
const ASK_EVERY_MS = 250;

export const drainCommand = defineCommand<DrainFlags>({
  run: drain,
  parameters: {
    flags: {
      ...clientFlags,
      timeout: {
        kind: "parsed",
        parse: parseDuration,
        default: "30s",
        placeholder: "TIME",
        brief: "How long calls that run may take; the rest is cut then",
      },
      reason: optionalReasonFlag,
      wait: { kind: "boolean", default: true, brief: "Wait until no call runs" },
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.drainStatus },
  destructive: () => "The gateway will take no new sessions, and cut calls that are not over in time.",
  docs: {
    description:
      "It is not ready at once and refuses new sessions; streams are told to connect again; calls that run finish.",
    examples: [
      "gateway-admin drain --timeout 30s",
      'gateway-admin drain --timeout 5m --reason "new version" --no-wait',
    ],
    exitCodes: {
      0: "it is drained",
      1: "calls were cut, or it is back in service",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function drain(this: ToolContext, flags: DrainFlags): Promise<void> {
  const { timeout, reason, json } = flags;
  const { stdout, stderr } = this.process;
  const gateway = openGateway(flags, this);
  const begun = await gateway.call("POST", PATH, responses.drainStatus, {
    timeout: formatDuration(timeout),
    ...(reason === undefined ? {} : { reason }),
  });
  const progress = createProgress(stderr);
  const status = flags.wait
    ? await untilOver(gateway, begun, (now) => progress.update(inProgress(now)))
    : begun;
  progress.clear();
  stdout.write(json ? jsonLine(status) : describe(status));
  if (status.calls_cut > 0 || status.state === "serving") {
    this.process.exitCode = EXIT.finding;
  }
}

async function untilOver(
  gateway: GatewayClient,
  begun: ShownDrain,
  seen: (status: ShownDrain) => void,
): Promise<ShownDrain> {
  let status = begun;
  while (status.state === "draining") {
    seen(status);
    await wait(ASK_EVERY_MS);
    status = await gateway.call("GET", PATH, responses.drainStatus);
  }
  return status;
}

function inProgress({ calls_running: calls, streams_open: streams, cut_at: cutAt }: ShownDrain): string {
  const left = cutAt === null ? 0 : Math.max(0, Math.ceil((Date.parse(cutAt) - Date.now()) / 1_000));
  return `draining: ${formatCount(calls)} calls run, ${formatCount(streams)} streams are open, ${left} s left`;
}

function describe({ state, calls_cut: cut, calls_running: running }: ShownDrain): string {
  if (state === "drained") {
    return cut === 0
      ? "Drained: no call runs, and none was cut.\n"
      : `Drained: ${formatCount(cut)} calls were not over in time and were cut.\n`;
  }
  return state === "draining"
    ? `Draining: ${formatCount(running)} calls run.\n`
    : "The gateway is back in service: undrain ended the drain.\n";
}
