import { parseDuration } from "@sark/observability/forms";
import { CommandError } from "../exit-code.ts";
import { clientFlags, type ClientFlags } from "../gateway-client/client-flags.ts";
import { openGateway, type GatewayClient } from "../gateway-client/client.ts";
import { createRepaint } from "../terminal/repaint.ts";
import { styleFor } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { checkHealth } from "./check.ts";
import { describeHealth, describeOnce } from "./describe.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";
import { watchHealth } from "./watch.ts";
import { defineCommand } from "../frame/define-command.ts";
import { oneLine, jsonLine } from "../terminal/printable.ts";
import { SERVICES } from "../gateway-client/services.ts";

interface HealthFlags extends ClientFlags {
  readonly service: keyof typeof SERVICES;
  readonly verbose: boolean;
  readonly component?: readonly string[];
  readonly watch: boolean;
  readonly interval?: number;
  readonly timeout: number;
  readonly json: boolean;
}

const DEFAULT_INTERVAL_MS = 10_000;

export const healthCheckCommand = defineCommand<HealthFlags>({
  run: healthCheck,
  parameters: {
    flags: {
      ...clientFlags,
      service: {
        kind: "enum",
        values: Object.keys(SERVICES) as (keyof typeof SERVICES)[],
        default: "gateway",
        brief:
          "Which service; of the metrics service the variables are METRICS_SERVICE_URL and METRICS_SERVICE_API_KEY, and its key on this machine is platform.key in METRICS_DATA_DIRECTORY or .sark/metrics",
      },
      verbose: { kind: "boolean", default: false, brief: "Show every component, and what it says" },
      component: {
        kind: "parsed",
        parse: (value: string) => value,
        variadic: true,
        optional: true,
        placeholder: "NAME",
        brief: "Look at this one alone, by name, kind or policy engine; may be said again",
      },
      watch: { kind: "boolean", default: false, brief: "Go on until interrupted" },
      interval: {
        kind: "parsed",
        parse: (value: string) => atLeast(parseDuration(value), 100),
        optional: true,
        placeholder: "TIME",
        brief: "With --watch: from one check to the next; default 10s",
      },
      timeout: {
        kind: "parsed",
        parse: (value: string) => atLeast(parseDuration(value), 1),
        default: "10s",
        placeholder: "TIME",
        brief: "A gateway that has not responded by then is unhealthy",
      },
      json: { kind: "boolean", default: false, brief: "Print one JSON object a check" },
    },
  },
  output: { shape: "lines", schema: async () => (await import("./report.ts")).healthReport },
  docs: {
    description:
      "Asks a gateway how it and its components stand. Without an API key it learns the status alone. A watch ends with the code of its last check.",
    examples: [
      "health-check",
      "health-check --verbose",
      "health-check --component opa --component siem",
      "health-check --watch --interval 10s",
      "health-check --service metrics --verbose",
      "health-check --json --url https://gateway-2:8000 --key-file /run/secrets/health-key",
    ],
    exitCodes: {
      0: "healthy",
      1: "degraded, or it drains",
      2: "unhealthy: a component that it requires, or one that was asked for, is down, or the gateway does not respond",
      3: "unknown: it refuses the key, is no gateway, has no such component or no result yet, or the command line is wrong",
    },
  },
});

async function healthCheck(this: ToolContext, flags: HealthFlags): Promise<void> {
  const { stdout, stderr } = this.process;
  if (flags.interval !== undefined && !flags.watch) {
    throw new CommandError(HEALTH_EXIT.unknown, "--interval is for --watch: say both.");
  }
  const signal = flags.watch ? this.process.interrupted?.() : undefined;
  const gateway = open(flags, this, signal);
  const check = () => checkHealth(gateway, flags.component ?? []);
  const style = styleFor(stdout, this.process.env);
  const describe = (report: Awaited<ReturnType<typeof check>>): string =>
    describeHealth(report, { style, verbose: flags.verbose, columns: style.columns });
  if (!flags.watch) {
    const report = await check();
    stdout.write(flags.json ? jsonLine(report) : describe(report));
    this.process.exitCode = report.exit_code;
    return;
  }
  const inPlace = stdout.isTTY === true && !flags.json && this.process.env["TERM"] !== "dumb";
  const repaint = createRepaint(stdout);
  this.process.exitCode = await watchHealth({
    intervalMs: flags.interval ?? DEFAULT_INTERVAL_MS,
    signal: signal ?? new AbortController().signal,
    check,
    show(report) {
      if (inPlace) {
        repaint(`${style.faint(report.checked_at)}\n${describe(report)}`);
      } else {
        stdout.write(flags.json ? jsonLine(report) : describeOnce(report, style));
      }
    },
    failed(message) {
      const line = `${style.bad("unknown")}: ${oneLine(message)}\n`;
      const at = new Date().toISOString();
      if (inPlace) {
        repaint(`${style.faint(at)}\n${line}`);
      } else {
        (flags.json ? stderr : stdout).write(`${at} ${line}`);
      }
    },
  });
}

/** Every fault of the command line or of the credentials leaves the gateway's health unknown. */
function open(flags: HealthFlags, context: ToolContext, signal: AbortSignal | undefined): GatewayClient {
  const keyless = !flags.verbose && flags.component === undefined;
  const settings = {
    service: flags.service,
    timeoutMs: flags.timeout,
    keyless,
    ...(signal !== undefined && { signal }),
  };
  try {
    return openGateway(flags, context, settings);
  } catch (error) {
    throw error instanceof CommandError
      ? new CommandError(HEALTH_EXIT.unknown, error.message, { cause: error })
      : error;
  }
}

function atLeast(milliseconds: number, least: number): number {
  if (milliseconds < least) {
    throw new RangeError(`must be at least ${least} ms`);
  }
  return milliseconds;
}
