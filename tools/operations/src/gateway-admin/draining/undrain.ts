import { buildCommand } from "@stricli/core";
import { drainStatus } from "@sark/gateway/api/draining";
import { optionalReasonFlag } from "../../flags.ts";
import { clientFlags, openGateway, type ClientFlags } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";

export const undrainCommand = buildCommand<ClientFlags & { readonly reason?: string }, [], ToolContext>({
  async func({ reason, ...flags }) {
    const body = reason === undefined ? {} : { reason };
    await openGateway(flags, this).call("POST", "/admin/v1/undrain", drainStatus, body);
    this.process.stdout.write("The gateway is in service.\n");
  },
  parameters: { flags: { ...clientFlags, reason: optionalReasonFlag } },
  docs: {
    brief: "Take a gateway back into service",
    fullDescription: `Example:
  gateway-admin undrain --reason "the old version stays"

Exit codes: 0 it is in service, 2 the command line is wrong, 3 the gateway cannot be asked, or refuses.`,
  },
});
