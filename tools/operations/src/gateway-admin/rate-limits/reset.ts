import { CommandError, EXIT } from "../../exit-code.ts";
import { reasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { selectorFlags, selectorOf, type SelectorFlags } from "./parameters.ts";
import { describeLimit } from "./show.ts";
import { namesOf } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ResetFlags extends ClientFlags, SelectorFlags {
  readonly reason: string;
}

export const resetCommand = defineCommand<ResetFlags>({
  run: reset,
  parameters: {
    flags: {
      ...clientFlags,
      ...selectorFlags,
      reason: { ...reasonFlag, default: "reset with gateway-admin" },
    },
  },
  destructive: (flags) => `What ${namesOf(selectorOf(flags))} used of its rate limit will be forgotten.`,
  docs: {
    description:
      "Where replicas share no state, the one that is asked counts from new, and the others do not.",
    examples: [
      'gateway-admin rate-limits reset --user alice --reason "her batch was started twice"',
      "gateway-admin rate-limits reset --tool search --server web",
    ],
    exitCodes: {
      0: "it is done",
      2: "the command line is wrong or no rule limits it",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function reset(this: ToolContext, { reason, ...flags }: ResetFlags): Promise<void> {
  const selector = selectorOf(flags);
  if (Object.keys(selector).length === 0) {
    throw new CommandError(
      EXIT.usage,
      "Say whose limit: --user, --agent, --tool with --server, --server or --tenant.",
    );
  }
  const gateway = openGateway(flags, this);
  const path = "/admin/v1/rate-limits/reset";
  const { limit } = await gateway.call("POST", path, responses.rateLimitAfterReset, { ...selector, reason });
  this.process.stdout.write(describeLimit(limit));
}
