import { verificationOutput } from "../../audit/output.ts";
import { trustFlags, type TrustFlags } from "../../audit/trust-flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatCount } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";

export const verifyCommand = defineCommand<ClientFlags & TrustFlags>({
  run: verify,
  parameters: { flags: { ...clientFlags, ...trustFlags } },
  output: { shape: "object", schema: verificationOutput },
  docs: {
    description:
      "Reads the whole log by the API, with a key that is bound to no tenant. `audit verify` does the same with its database or an export, without a gateway.",
    examples: [
      "gateway-admin audit verify --key keys.txt --remember /var/lib/auditor/checkpoint",
      "gateway-admin audit verify --key keys.txt --json",
    ],
    exitCodes: {
      0: "the log is as it was signed",
      1: "it is not",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
      4: "there is nothing to verify",
    },
  },
});

async function verify(this: ToolContext, flags: ClientFlags & TrustFlags): Promise<void> {
  const gateway = openGateway(flags, this);
  const [{ verifyExport }, { verifyLog }] = await Promise.all([
    import("@sark/audit/verification"),
    import("../../audit/verify-log.ts"),
  ]);
  await verifyLog(this, flags, async (trust, show) => {
    return verifyExport({
      ...trust,
      complete: true,
      input: await gateway.stream("audit/export?format=verifiable"),
      progress: (done) => show(`${formatCount(done)} events …`),
    });
  });
}
