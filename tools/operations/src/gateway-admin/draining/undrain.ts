import { optionalReasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { responses } from "../../gateway-client/responses.ts";

export const undrainCommand = defineCommand<ClientFlags & { readonly reason?: string }>({
  async run({ reason, ...flags }) {
    const body = reason === undefined ? {} : { reason };
    await openGateway(flags, this).call("POST", "/admin/v1/undrain", responses.drainStatus, body);
    this.process.stdout.write("The gateway is in service.\n");
  },
  parameters: { flags: { ...clientFlags, reason: optionalReasonFlag } },
  docs: {
    examples: ['gateway-admin undrain --reason "the old version stays"'],
    exitCodes: {
      0: "it is in service",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});
