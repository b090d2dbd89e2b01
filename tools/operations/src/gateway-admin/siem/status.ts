import { buildCommand } from "@stricli/core";
import { EXIT } from "../../exit-code.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { formatCount, styleFor, type Style } from "../../terminal/style.ts";
import { printable } from "../../terminal/printable.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { clientFlags, openGateway, type ClientFlags } from "../client.ts";
import { destinationAnswer, destinationsAnswer, type DestinationAnswer } from "./answers.ts";
import { jsonFlag, optionalName, pathOf } from "./parameters.ts";

interface StatusFlags extends ClientFlags {
  readonly json: boolean;
}

export const statusCommand = buildCommand<StatusFlags, [string?], ToolContext>({
  func: showStatus,
  parameters: { flags: { ...clientFlags, json: jsonFlag }, positional: optionalName },
  docs: {
    brief: "Show how deliveries stand, and whether their figures add up",
    fullDescription: `For each destination: written = acknowledged + quarantined + skipped + behind, or it does not balance.
Skipped events were discarded by somebody, or gone by retention while the destination was not enabled.

Examples:
  gateway-admin siem status
  gateway-admin siem status splunk-main --json

Exit codes: 0 all is well, also while something is behind or paused by people; 1 a destination waits for its
configuration to be mended, or its figures do not add up; 2 the command line is wrong; 3 the gateway cannot be asked.`,
  },
});

async function showStatus(this: ToolContext, flags: StatusFlags, name?: string): Promise<void> {
  const { stdout, env } = this.process;
  const gateway = openGateway(flags, this);
  const destinations =
    name === undefined
      ? (await gateway.call("GET", pathOf(), destinationsAnswer)).destinations
      : [await gateway.call("GET", pathOf(name), destinationAnswer)];
  const ok = destinations.every(isWell);
  if (flags.json) stdout.write(`${JSON.stringify({ ok, destinations })}\n`);
  else stdout.write(describe(destinations, styleFor(stdout, env)));
  if (!ok) this.process.exitCode = EXIT.finding;
}

/** Nobody but people can help: what was misconfigured, and what does not add up. */
function isWell(destination: DestinationAnswer): boolean {
  return destination.balanced && !(isInUse(destination) && destination.state === "configuration");
}

const isInUse = ({ enabled, configured }: DestinationAnswer) => enabled && configured;

export function stateOf(destination: DestinationAnswer): string {
  if (!destination.configured) return "not configured";
  return destination.enabled ? (destination.state ?? "not started") : "not enabled";
}

function describe(destinations: readonly DestinationAnswer[], style: Style): string {
  if (destinations.length === 0) return "No destinations.\n";
  const count = (title: string, value: (one: DestinationAnswer) => number): Column<DestinationAnswer> => ({
    title,
    value: (one) => formatCount(value(one)),
    align: "right",
  });
  const columns: Column<DestinationAnswer>[] = [
    { title: "NAME", value: ({ name }) => name },
    { title: "PLATFORM", value: ({ platform }) => platform ?? "" },
    { title: "STATE", value: stateOf, paint: (one) => (stateOf(one) === "running" ? style.good : style.bad) },
    count("WRITTEN", ({ written }) => written),
    count("ACKNOWLEDGED", ({ acknowledged }) => acknowledged),
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
  return formatTable(columns, destinations, style) + destinations.flatMap(explain).join("");
}

function explain(destination: DestinationAnswer): string[] {
  const { name, paused, state_reason, configured } = destination;
  const lines = [
    ...(paused === null ? [] : [`paused since ${paused.since}: ${paused.reason}`]),
    ...(state_reason === null || !isInUse(destination) ? [] : [state_reason]),
    ...(configured ? [] : ["retention waits for it; `gateway-admin siem remove` ends that"]),
  ];
  return lines.map((line) => `${name}: ${printable(line)}\n`);
}
