import type { Destination } from "@sark/gateway/api/deliveries";
import { jsonFlag } from "../../flags.ts";
import { EXIT } from "../../exit-code.ts";
import { parseDuration } from "@sark/observability/forms";
import { formatSeconds } from "../../terminal/duration.ts";
import { formatCount, formatNumberOf, styleFor, type Style } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { optionalName, pathOf } from "./parameters.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface StatusFlags extends ClientFlags {
  readonly maxAge: number;
  readonly json: boolean;
}

export const statusCommand = defineCommand<StatusFlags, [string?]>({
  run: showStatus,
  parameters: {
    flags: {
      ...clientFlags,
      maxAge: {
        kind: "parsed",
        parse: parseDuration,
        default: "15m",
        placeholder: "TIME",
        brief: "How old the oldest event may be that has not arrived",
      },
      json: jsonFlag,
    },
    positional: optionalName,
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).deliveries },
  docs: {
    description: `For each destination: written = acknowledged + sent + quarantined + skipped + behind, or it does not
balance. Sent events went to a receiver that cannot acknowledge (syslog). Skipped events were discarded by an operator, or
removed by retention while the destination was not enabled. Log files that the responding replica ships are listed too.`,
    examples: [
      "gateway-admin siem status",
      "gateway-admin siem status splunk-main --json",
      "gateway-admin siem status --max-age 1h",
    ],
    exitCodes: {
      0: "all is well, also while a destination is a little behind or paused by an operator",
      1: "a destination waits for its configuration to be mended, has an event that is older than --max-age and has not arrived, or its figures do not add up",
      2: "the command line is wrong",
      3: "the gateway cannot be asked",
    },
  },
});

async function showStatus(this: ToolContext, flags: StatusFlags, name?: string): Promise<void> {
  const { stdout, env } = this.process;
  const gateway = openGateway(flags, this);
  const destinations =
    name === undefined
      ? (await gateway.call("GET", pathOf(), responses.destinations)).destinations
      : [await gateway.call("GET", pathOf(name), responses.destination)];
  const maxAgeSeconds = flags.maxAge / 1_000;
  const ok = destinations.every((one) => isWell(one, maxAgeSeconds));
  if (flags.json) {
    stdout.write(jsonLine({ ok, destinations }));
  } else {
    stdout.write(describe(destinations, maxAgeSeconds, styleFor(stdout, env)));
  }
  if (!ok) {
    this.process.exitCode = EXIT.finding;
  }
}

/** What an operator has to mend: what was misconfigured, what is down for too long, and what does not add up. */
function isWell(destination: Destination, maxAgeSeconds: number): boolean {
  const { balanced, state } = destination;
  return (
    balanced && !(isInUse(destination) && state === "configuration") && !isLate(destination, maxAgeSeconds)
  );
}

/** What an operator holds back is late on purpose. */
function isLate(destination: Destination, maxAgeSeconds: number): boolean {
  const { paused, behind } = destination;
  return isInUse(destination) && paused === null && behind.events > 0 && behind.seconds > maxAgeSeconds;
}

const isInUse = ({ enabled, configured }: Destination) => enabled && configured;

export function stateOf(destination: Destination): string {
  if (!destination.configured) {
    return "not configured";
  }
  return destination.enabled ? (destination.state ?? "not started") : "not enabled";
}

function describe(destinations: readonly Destination[], maxAgeSeconds: number, style: Style): string {
  if (destinations.length === 0) {
    return "No destinations.\n";
  }
  const count = (title: string, value: (one: Destination) => number): Column<Destination> => ({
    title,
    value: (one) => formatCount(value(one)),
    align: "right",
  });
  const columns: Column<Destination>[] = [
    { title: "NAME", value: ({ name }) => name },
    { title: "PLATFORM", value: ({ platform }) => platform ?? "" },
    { title: "STATE", value: stateOf, paint: (one) => (stateOf(one) === "running" ? style.good : style.bad) },
    count("WRITTEN", ({ written }) => written),
    count("ACKNOWLEDGED", ({ acknowledged }) => acknowledged),
    count("SENT", ({ sent }) => sent),
    count("QUARANTINED", ({ quarantined }) => quarantined),
    count("SKIPPED", ({ skipped }) => skipped.discarded + skipped.purged),
    count("BEHIND", ({ behind }) => behind.events),
    { title: "AGE", value: ({ behind }) => formatSeconds(behind.seconds), align: "right" },
    {
      title: "BALANCED",
      value: ({ balanced }) => (balanced ? "yes" : "NO"),
      paint: ({ balanced }) => (balanced ? style.good : style.bad),
    },
  ];
  return (
    formatTable(columns, destinations, style) +
    destinations.flatMap((one) => explain(one, maxAgeSeconds)).join("")
  );
}

function explain(destination: Destination, maxAgeSeconds: number): string[] {
  const { name, paused, state_reason, next_attempt_at, configured, balanced, behind } = destination;
  const lines = [
    ...(balanced ? [] : [explainImbalance(destination)]),
    ...(isLate(destination, maxAgeSeconds)
      ? [`its oldest event has been waiting for ${formatSeconds(behind.seconds)}`]
      : []),
    ...(paused === null ? [] : [`paused since ${paused.since}: ${paused.reason}`]),
    ...(state_reason === null || !isInUse(destination) ? [] : [state_reason]),
    ...(next_attempt_at === null || paused !== null || !isInUse(destination)
      ? []
      : [`next attempt at ${next_attempt_at}, sooner if the receiver is seen to be back`]),
    ...explainAwaiting(destination),
    ...(configured ? [] : ["retention waits for it; `gateway-admin siem remove` ends that"]),
  ];
  return [formatLines(lines.map((line) => `${name}: ${line}`))];
}

function explainAwaiting({ awaiting, platform }: Destination): string[] {
  if (awaiting.events === 0) {
    return [];
  }
  const what = platform === "syslog" ? "that the receiver has read them" : "acknowledgement";
  return [
    `${formatNumberOf(awaiting.events, "event awaits", "events await")} ${what}, the oldest since ${awaiting.since}`,
  ];
}

function explainImbalance(destination: Destination): string {
  const { written, acknowledged, sent, quarantined, skipped, behind } = destination;
  const known = acknowledged + sent + quarantined + skipped.discarded + skipped.purged + behind.events;
  const difference = Math.abs(written - known);
  const wrong =
    known < written
      ? `${formatCount(difference)} of ${formatCount(written)} events are in no column`
      : `${formatCount(difference)} events are counted more often than they were written`;
  return `the figures do not add up: ${wrong}. The delivery keeps them in step, so the tables were changed from outside, or restored from different times: run \`audit verify\`, compare the event ids at the destination with an export, and see "How it stands" in docs/audit/delivery.md`;
}
