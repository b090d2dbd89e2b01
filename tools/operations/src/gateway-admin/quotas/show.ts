import type { Budget } from "@sark/gateway/api/quotas";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { payerFlags, payerIn, type PayerFlags } from "./parameters.ts";
import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { oneLine, jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ShowFlags extends ClientFlags, PayerFlags {
  readonly json: boolean;
}

export const showCommand = defineCommand<ShowFlags>({
  run: show,
  parameters: {
    flags: {
      ...clientFlags,
      ...payerFlags,
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.quotas },
  docs: {
    examples: [
      "gateway-admin quotas show",
      "gateway-admin quotas show --user alice --tenant acme",
      "gateway-admin quotas show --tenant acme --json",
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
  const query = new URLSearchParams(payerIn(flags));
  const path = `/admin/v1/quotas${query.size === 0 ? "" : `?${query.toString()}`}`;
  const shown = await openGateway(flags, this).call("GET", path, responses.quotas);
  const { currency, prices, rules, budgets } = shown;
  if (json) {
    stdout.write(jsonLine(shown));
    return;
  }
  if (query.size > 0) {
    stdout.write(budgets.length === 0 ? "It has no budget.\n" : describeBudgets(budgets, currency));
    return;
  }
  const style = styleFor(stdout, env);
  if (prices.length === 0) {
    stdout.write("There are no prices: nothing is charged.\n");
  } else {
    const unit = (price: (typeof prices)[number]) =>
      price.per_unit === null ? "" : `${price.per_unit} (${price.units ?? ""})`;
    stdout.write(
      formatTable(
        [
          { title: "SERVER", value: ({ server }) => server },
          { title: "TOOL", value: ({ tool }) => tool ?? "(any other)" },
          { title: `${currency} A CALL`, value: (price) => price.per_call ?? "", align: "right" },
          { title: "A UNIT", value: unit },
        ],
        prices,
        style,
      ),
    );
  }
  if (rules.length > 0) {
    stdout.write(
      `\n${formatTable(
        [
          { title: "FOR", value: (rule) => rule.for },
          { title: "NAME", value: ({ name }) => name ?? "(any other)" },
          { title: "OF", value: ({ tenant }) => tenant ?? "" },
          { title: `${currency} A DAY`, value: ({ daily }) => daily ?? "", align: "right" },
          { title: "A MONTH", value: ({ monthly }) => monthly ?? "", align: "right" },
          { title: "STOP", value: ({ stop }) => stop },
        ],
        rules,
        style,
      )}`,
    );
  }
}

/** A sentence for each. */
export function describeBudgets(budgets: readonly Budget[], currency: string): string {
  return budgets
    .map(({ kind, name, tenant, period, limit, stop, used, reserved, remaining, ends_at: ends }) => {
      const who = oneLine(tenant === null ? `${kind} ${name}` : `${kind} ${name} of ${tenant}`);
      const running = reserved === "0" ? "" : `, ${reserved} reserved`;
      const which = period === "day" ? "this day" : "this month";
      return `${who}: ${used} of ${limit} ${currency} used ${which}${running}, ${remaining} left (${stop}, until ${ends}).\n`;
    })
    .join("");
}
