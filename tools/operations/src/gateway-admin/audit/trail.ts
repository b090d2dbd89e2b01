import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import { eventColumns } from "./event-columns.ts";

export const trailCommand = defineCommand<ClientFlags & { readonly json: boolean }, [string]>({
  async run({ json, ...flags }, request) {
    const { stdout, env } = this.process;
    const path = `audit/requests/${encodeURIComponent(request)}/trail`;
    const shown = await openGateway(flags, this).call("GET", path, responses.trail);
    if (json) {
      await writeText(stdout, jsonLine(shown));
      return;
    }
    const style = styleFor(stdout, env);
    await writeText(stdout, formatTable(eventColumns(style), shown.events, style));
    const crashed = shown.steps.some((step) => step.kind === "call" && step.outcome_id === null);
    stdout.write(crashed ? "A call has no outcome: it runs, or the gateway crashed meanwhile.\n" : "");
    stdout.write(shown.truncated ? "There are more events than a trail shows: search for them.\n" : "");
  },
  parameters: {
    flags: { ...clientFlags, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: (value: string) => value,
          placeholder: "REQUEST",
          brief: "Correlation id of the request, gateway_request_id of its events",
        },
      ],
    },
  },
  output: { shape: "object", schema: responses.trail },
  docs: {
    examples: ["gateway-admin audit trail 0193a5e2-7d1c-7cc3-9f0e-2b5a1d9c8e11"],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong, or nothing is on record of it",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});
