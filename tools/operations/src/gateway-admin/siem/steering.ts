import type { Destination } from "@sark/gateway/api/deliveries";
import { given, jsonFlag, optionalReasonFlag, reasonFlag } from "../../flags.ts";
import { CommandError, EXIT } from "../../exit-code.ts";
import { parseDuration } from "@sark/observability/forms";
import { formatCount } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { oneName, optionalName, pathOf } from "./parameters.ts";
import { stateOf } from "./status.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

const EXIT_CODES = {
  0: "it is done",
  2: "the command line is wrong",
  3: "the gateway cannot be asked, or refuses",
} as const;

export const pauseCommand = defineCommand<ClientFlags & { readonly reason: string }, [string]>({
  async run(flags, name) {
    const { reason } = flags;
    const gateway = openGateway(flags, this);
    await gateway.call("POST", pathOf(name, "/pause"), responses.destination, { reason });
    this.process.stdout.write(`${name} is paused; its events are kept until it is resumed.\n`);
  },
  parameters: { flags: { ...clientFlags, reason: reasonFlag }, positional: oneName },
  docs: {
    examples: ['gateway-admin siem pause splunk-main --reason "index is rebuilt"'],
    exitCodes: EXIT_CODES,
  },
});

export const resumeCommand = defineCommand<ClientFlags & { readonly reason?: string }, [string]>({
  async run({ reason, ...flags }, name) {
    const path = pathOf(name, "/resume");
    await openGateway(flags, this).call("POST", path, responses.destination, given({ reason }));
    this.process.stdout.write(`${name} goes on; what held it back is tried again now.\n`);
  },
  parameters: { flags: { ...clientFlags, reason: optionalReasonFlag }, positional: oneName },
  docs: {
    examples: ["gateway-admin siem resume splunk-main"],
    exitCodes: EXIT_CODES,
  },
});

interface FlushFlags extends ClientFlags {
  readonly reason?: string;
  readonly wait: number;
  readonly json: boolean;
}

export const flushCommand = defineCommand<FlushFlags, [string?]>({
  run: flush,
  parameters: {
    flags: {
      ...clientFlags,
      wait: {
        kind: "parsed",
        parse: parseDuration,
        default: "10s",
        placeholder: "TIME",
        brief: "How long to wait until it has arrived; at most a minute",
      },
      reason: optionalReasonFlag,
      json: jsonFlag,
    },
    positional: optionalName,
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).flush },
  docs: {
    description: "Without a name to every destination that is configured and enabled.",
    examples: ["gateway-admin siem flush splunk-main --wait 30s", "gateway-admin siem flush"],
    exitCodes: {
      0: "it has arrived",
      1: "not yet, or not everywhere",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function flush(
  this: ToolContext,
  { wait, json, reason, ...flags }: FlushFlags,
  name?: string,
): Promise<void> {
  if (wait > MAX_WAIT_MS) {
    throw new CommandError(EXIT.usage, "--wait: at most a minute.");
  }
  const gateway = openGateway(flags, this);
  const body = { wait_ms: wait, ...given({ reason }) };
  const result =
    name === undefined
      ? await gateway.call("POST", pathOf("flush"), responses.flushedAll, body)
      : await gateway.call("POST", pathOf(name, "/flush"), responses.flushed, body);
  const flushed = "destinations" in result ? result.destinations : [result];
  const said = flushed.map(({ settled, destination }) =>
    settled ? describeSettled(destination) : describeBehind(destination),
  );
  this.process.stdout.write(json ? jsonLine(result) : said.join("") || "No destinations.\n");
  if (!result.settled) {
    this.process.exitCode = EXIT.finding;
  }
}

function describeSettled({ name, quarantined }: Destination): string {
  const but = quarantined === 0 ? "" : `, but for ${formatCount(quarantined)} in its quarantine`;
  return `${name} has everything that was recorded until now${but}.\n`;
}

function describeBehind(destination: Destination): string {
  const { name, behind } = destination;
  return `${name} (${stateOf(destination)}) is ${formatCount(behind.events)} behind; that goes out as soon as it takes events.\n`;
}

const MAX_WAIT_MS = 60_000;

export const removeCommand = defineCommand<ClientFlags & { readonly reason?: string }, [string]>({
  async run({ reason, ...flags }, name) {
    const query = reason === undefined ? "" : `?${new URLSearchParams({ reason }).toString()}`;
    await openGateway(flags, this).call("DELETE", pathOf(name, query), responses.nothing);
    this.process.stdout.write(`${name} is forgotten; retention does not wait for it any more.\n`);
  },
  parameters: { flags: { ...clientFlags, reason: optionalReasonFlag }, positional: oneName },
  destructive: (_flags, name) =>
    `${name} will be forgotten, with its quarantine and what it has not received.`,
  docs: {
    description:
      "What it has not received is given up. Take it out of the configuration of every replica first.",
    examples: ["gateway-admin siem remove splunk-old"],
    exitCodes: EXIT_CODES,
  },
});
