import { CommandError, EXIT } from "../../exit-code.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { changeFlags, payerIn, type ChangeFlags } from "./parameters.ts";
import { describeBudgets } from "./show.ts";
import { namesOf } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { responses } from "../../gateway-client/responses.ts";

const EXIT_CODES = {
  0: "it is done",
  2: "the command line is wrong or there is no such budget",
  3: "the gateway cannot be asked, or refuses",
} as const;

export const resetCommand = defineCommand<ClientFlags & ChangeFlags>({
  async run(flags) {
    await change(this, flags, "reset", {});
  },
  parameters: { flags: { ...clientFlags, ...changeFlags } },
  destructive: (flags) => `The budgets of ${namesOf(payerIn(flags))} will begin anew in this period.`,
  docs: {
    description: "What was spent stays in the ledger; an adjustment stands beside it.",
    examples: [
      'gateway-admin quotas reset --user alice --period day --reason "the tests were hers"',
      "gateway-admin quotas reset --tenant acme",
    ],
    exitCodes: EXIT_CODES,
  },
});

interface AdjustFlags extends ClientFlags, ChangeFlags {
  readonly by: string;
}

export const adjustCommand = defineCommand<AdjustFlags>({
  async run({ by, ...flags }) {
    await change(this, flags, "adjust", { amount: by });
  },
  parameters: {
    flags: {
      ...clientFlags,
      ...changeFlags,
      by: {
        kind: "parsed",
        parse: (value: string) => value,
        placeholder: "AMOUNT",
        brief: "Added to what is used; below 0 it is given back, as in --by=-2.50",
      },
    },
  },
  destructive: (flags) =>
    `What ${namesOf(payerIn(flags))} used of its budgets will be changed by ${flags.by}.`,
  docs: {
    examples: [
      'gateway-admin quotas adjust --tenant acme --period month --by=-12.50 --reason "the provider gave it back"',
    ],
    exitCodes: EXIT_CODES,
  },
});

async function change(
  context: ToolContext,
  flags: ClientFlags & ChangeFlags,
  how: "reset" | "adjust",
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const payer = payerIn(flags);
  if (Object.keys(payer).length === 0) {
    throw new CommandError(EXIT.usage, "Say whose budgets: --user, --agent or --tenant.");
  }
  const { period, reason } = flags;
  const body = { ...payer, ...(period === undefined ? {} : { period }), ...more, reason };
  const gateway = openGateway(flags, context);
  const { currency, budgets } = await gateway.call(
    "POST",
    `/admin/v1/quotas/${how}`,
    responses.budgets,
    body,
  );
  context.process.stdout.write(describeBudgets(budgets, currency));
}
