import type { RateLimit, RateLimitRule } from "@sark/gateway/api/limits";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { selectorFlags, selectorOf, type SelectorFlags } from "./parameters.ts";
import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { oneLine, jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ShowFlags extends ClientFlags, SelectorFlags {
  readonly json: boolean;
}

export const showCommand = defineCommand<ShowFlags>({
  run: show,
  parameters: {
    flags: {
      ...clientFlags,
      ...selectorFlags,
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.rateLimits },
  docs: {
    examples: [
      "gateway-admin rate-limits show",
      "gateway-admin rate-limits show --user alice --tenant acme",
      "gateway-admin rate-limits show --tool search --server web --json",
    ],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function show(this: ToolContext, { json, ...flags }: ShowFlags): Promise<void> {
  const { stdout, env } = this.process;
  const selector = selectorOf(flags);
  const query = new URLSearchParams(selector);
  const path = `/admin/v1/rate-limits${query.size === 0 ? "" : `?${query.toString()}`}`;
  const shown = await openGateway(flags, this).call("GET", path, responses.rateLimits);
  if (json) {
    stdout.write(jsonLine(shown));
  } else if (query.size > 0) {
    stdout.write(shown.limit === null ? "No rule limits it.\n" : describeLimit(shown.limit));
  } else if (shown.rules.length === 0) {
    stdout.write("There are no rate limits.\n");
  } else {
    stdout.write(formatTable(COLUMNS, shown.rules, styleFor(stdout, env)));
  }
}

const COLUMNS: readonly Column<RateLimitRule>[] = [
  { title: "FOR", value: (rule) => rule.for },
  { title: "NAME", value: ({ name }) => name ?? "(any other)" },
  { title: "OF", value: ({ tenant, server }) => tenant ?? server ?? "" },
  { title: "CALLS", value: ({ requests }) => formatCount(requests), align: "right" },
  { title: "IN", value: ({ period_seconds: seconds }) => formatSeconds(seconds), align: "right" },
  { title: "AT ONCE", value: ({ burst }) => formatCount(burst), align: "right" },
];

/** One sentence. */
export function describeLimit(limit: RateLimit): string {
  const { requests, period_seconds: period, remaining, burst, retry_after_seconds: wait } = limit;
  const rest = remaining > 0 ? "" : `; one more in ${formatSeconds(wait)}`;
  const left = `${formatCount(remaining)} of ${formatCount(burst)} calls left`;
  return `${subjectOf(limit)}: ${left}${rest} (${formatCount(requests)} in ${formatSeconds(period)}, counted ${COUNTED[limit.counted]}).\n`;
}

function subjectOf({ kind, name, tenant, server }: RateLimit): string {
  const of = tenant ?? server;
  return oneLine(of === null ? `${kind} ${name}` : `${kind} ${name} of ${of}`);
}

const COUNTED = {
  process: "by this replica alone",
  shared: "by all replicas together",
  fallback: "by this replica alone: the shared state cannot be asked",
} as const;
