import type { Destination, Quarantined } from "@sark/gateway/api/deliveries";
import type { z } from "zod";
import { given, jsonFlag, optionalReasonFlag, reasonFlag } from "../../flags.ts";
import { formatNumberOf, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { oneName, pathOf, selectionFlags, selectionOf, type SelectionFlags } from "./parameters.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

const EXIT_CODES = {
  0: "it is done",
  2: "the command line is wrong, or there is no such event",
  3: "the gateway cannot be asked, or refuses",
} as const;
const MAX_PAGE = 100;

interface ListFlags extends ClientFlags {
  readonly limit: number;
  readonly json: boolean;
}

export const quarantineCommand = defineCommand<ListFlags, [string]>({
  run: listQuarantine,
  parameters: {
    flags: {
      ...clientFlags,
      limit: {
        kind: "parsed",
        parse: parseLimit,
        default: "100",
        placeholder: "N",
        brief: "Events at most, oldest first",
      },
      json: { ...jsonFlag, brief: "Print one JSON object a line, with the whole event" },
    },
    positional: oneName,
  },
  output: { shape: "lines", schema: responses.quarantined },
  docs: {
    description: `Each with its number, why it was refused last and how often. Reading it goes on record.
Log lines of the gateway that CloudWatch refused stand under logs/application, logs/exceptions and logs/security-audit.`,
    examples: [
      "gateway-admin siem quarantine splunk-main",
      "gateway-admin siem quarantine logs/application",
      "gateway-admin siem quarantine splunk-main --limit 5000 --json > refused.jsonl",
    ],
    exitCodes: EXIT_CODES,
  },
});

function parseLimit(value: string): number {
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError("expected a number from 1 on");
  }
  return limit;
}

async function listQuarantine(this: ToolContext, flags: ListFlags, name: string): Promise<void> {
  const { stdout, env } = this.process;
  const gateway = openGateway(flags, this);
  const columns: Column<Quarantined>[] = [
    { title: "SEQ", value: ({ seq }) => String(seq), align: "right" },
    { title: "EVENT", value: ({ event_id }) => event_id },
    { title: "SINCE", value: ({ quarantined_at }) => quarantined_at },
    { title: "ATTEMPTS", value: ({ attempts }) => String(attempts), align: "right" },
    {
      title: "REPLAY",
      value: ({ replay_requested_at }) => (replay_requested_at === null ? "" : "asked for"),
    },
    { title: "REASON", value: ({ reason }) => reason },
  ];
  const found: Quarantined[] = [];
  let cursor: string | null = null;
  let left = flags.limit;
  do {
    const query: string = `?limit=${Math.min(left, MAX_PAGE)}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const page: z.output<Awaited<ReturnType<typeof responses.quarantinePage>>> = await gateway.call(
      "GET",
      pathOf(name, `/quarantine${query}`),
      responses.quarantinePage,
    );
    left -= page.events.length;
    cursor = page.next_cursor;
    if (flags.json) {
      for (const event of page.events) {
        stdout.write(jsonLine(event));
      }
    } else {
      found.push(...page.events);
    }
  } while (cursor !== null && left > 0);
  if (flags.json) {
    return;
  }
  if (found.length === 0) {
    stdout.write(`Nothing is in the quarantine of ${name}.\n`);
  } else {
    stdout.write(formatTable(columns, found, styleFor(stdout, env)));
  }
  if (cursor !== null) {
    this.process.stderr.write("There are more: say --limit.\n");
  }
}

type ReplayFlags = ClientFlags & SelectionFlags & { readonly reason?: string };

export const replayCommand = defineCommand<ReplayFlags, [string]>({
  async run({ reason, ...flags }, name) {
    const body = { ...selectionOf(flags), ...given({ reason }) };
    const gateway = openGateway(flags, this);
    const path = pathOf(name, "/quarantine/replay");
    const { replaying, destination } = await gateway.call("POST", path, responses.replaying, body);
    const when = replaying === 0 || destination === null ? "" : `; ${whenReplayed(destination)}`;
    this.process.stdout.write(`${events(replaying)} marked to be sent again to ${name}${when}.\n`);
  },
  parameters: {
    flags: { ...clientFlags, ...selectionFlags, reason: optionalReasonFlag },
    positional: oneName,
  },
  docs: {
    description: "They go out as soon as the destination takes events; what it refuses again stays.",
    examples: [
      "gateway-admin siem replay splunk-main --seq 4711 --seq 4712",
      "gateway-admin siem replay splunk-main --all",
    ],
    exitCodes: EXIT_CODES,
  },
});

/** What is marked waits where nothing is sent. */
function whenReplayed({ name, enabled, configured, paused, state }: Destination): string {
  if (!configured || !enabled) {
    return "nothing is sent to it while it is not enabled";
  }
  if (paused !== null) {
    return `it is paused: nothing is sent before \`siem resume ${name}\``;
  }
  if (state === "running") {
    return "what it refuses again stays";
  }
  return "it does not take events just now: they go out when it does";
}

type DiscardFlags = ClientFlags & SelectionFlags & { readonly reason: string };

export const discardCommand = defineCommand<DiscardFlags, [string]>({
  async run(flags, name) {
    const body = { ...selectionOf(flags), reason: flags.reason };
    const gateway = openGateway(flags, this);
    const { discarded } = await gateway.call(
      "POST",
      pathOf(name, "/quarantine/discard"),
      responses.discarded,
      body,
    );
    this.process.stdout.write(`${events(discarded)} given up for ${name}.\n`);
  },
  parameters: { flags: { ...clientFlags, ...selectionFlags, reason: reasonFlag }, positional: oneName },
  destructive: (flags, name) =>
    `${flags.all ? "All events" : "Events"} in the quarantine of ${name} will be given up: it never receives them.`,
  docs: {
    description: "Events stay in the audit log, and count as skipped; log lines are deleted.",
    examples: ['gateway-admin siem discard splunk-main --seq 4711 --reason "of a load test"'],
    exitCodes: EXIT_CODES,
  },
});

function events(count: number): string {
  return formatNumberOf(count, "event is", "events are");
}
