import { session as sessionSchema } from "@sark/gateway/api/sessions";
import { buildCommand } from "@stricli/core";
import { reasonFlag } from "../../flags.ts";
import { clientFlags, openGateway, type ClientFlags } from "../../gateway-client/client.ts";
import { printable } from "../../terminal/printable.ts";
import { formatCount } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";
import { pathOf, sessionParameter } from "./parameters.ts";

export const endCommand = buildCommand<ClientFlags & { readonly reason: string }, [string], ToolContext>({
  async func({ reason, ...flags }, fingerprint) {
    const path = `${pathOf(fingerprint)}/end`;
    const ended = await openGateway(flags, this).call("POST", path, sessionSchema, { reason });
    const { principal, server, calls_running: calls, streams_open: streams } = ended;
    const cut = `${formatCount(calls)} calls were cancelled, ${formatCount(streams)} streams closed`;
    this.process.stdout.write(`${printable(`The session of ${principal} at ${server} is ended`)}: ${cut}.\n`);
  },
  parameters: {
    flags: {
      ...clientFlags,
      reason: reasonFlag,
    },
    positional: sessionParameter,
  },
  docs: {
    brief: "End a session: its calls are cancelled, its streams close, its server is told",
    fullDescription: `Its client can begin a new one: to keep a caller out, revoke its key or change the policy.

Example:
  gateway-admin sessions end 4mSjVwD0Cz8bWm9Uo1gqGw --reason "the laptop was stolen"

Exit codes: 0 it is ended, 2 the command line is wrong or there is no such session, 3 the gateway cannot be asked, or refuses.`,
  },
});
