import { reasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatCount } from "../../terminal/style.ts";
import { pathOf, sessionParameter } from "./parameters.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

export const endCommand = defineCommand<ClientFlags & { readonly reason: string }, [string]>({
  async run({ reason, ...flags }, fingerprint) {
    const path = `${pathOf(fingerprint)}/end`;
    const ended = await openGateway(flags, this).call("POST", path, responses.session, { reason });
    const { principal, server, calls_running: calls, streams_open: streams } = ended;
    const cut = `${formatCount(calls)} calls were cancelled, ${formatCount(streams)} streams closed`;
    this.process.stdout.write(formatLines([`The session of ${principal} at ${server} is ended: ${cut}.`]));
  },
  parameters: {
    flags: {
      ...clientFlags,
      reason: reasonFlag,
    },
    positional: sessionParameter,
  },
  destructive: (_flags, session) => `The session ${session} will be ended, with its calls and streams.`,
  docs: {
    description: "Its client can begin a new one: to keep a caller out, revoke its key or change the policy.",
    examples: ['gateway-admin sessions end 4mSjVwD0Cz8bWm9Uo1gqGw --reason "the laptop was stolen"'],
    exitCodes: {
      0: "it is ended",
      2: "the command line is wrong or there is no such session",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});
