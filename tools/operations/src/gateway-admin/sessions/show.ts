import type { ShownSession } from "@sark/gateway/api/sessions";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { formatCount, styleFor, type Style } from "../../terminal/style.ts";
import { clientOf } from "./list.ts";
import { pathOf, sessionParameter } from "./parameters.ts";
import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatTwoColumns } from "../../terminal/two-columns.ts";
import { formatLines, jsonLine, oneLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

export const showCommand = defineCommand<ClientFlags & { readonly json: boolean }, [string]>({
  async run({ json, ...flags }, fingerprint) {
    const shown = await openGateway(flags, this).call("GET", pathOf(fingerprint), responses.session);
    const { stdout, env } = this.process;
    stdout.write(json ? jsonLine(shown) : describe(shown, styleFor(stdout, env)));
  },
  parameters: {
    flags: {
      ...clientFlags,
      json: jsonFlag,
    },
    positional: sessionParameter,
  },
  output: { shape: "object", schema: responses.session },
  docs: {
    examples: [
      "gateway-admin sessions show 4mSjVwD0Cz8bWm9Uo1gqGw",
      "gateway-admin sessions show 4mSjVwD0Cz8bWm9Uo1gqGw --json",
    ],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong or there is no such session",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

function describe(shown: ShownSession, style: Style): string {
  const actor = shown.actor === null ? "" : ` (for whom ${shown.actor} acts)`;
  const rows: readonly (readonly [string, string])[] = [
    ["session", shown.fingerprint],
    ["kind", shown.kind],
    ["principal", `${shown.principal_type} ${shown.principal}${actor}`],
    ["tenant", shown.tenant ?? "none"],
    ["server", `${shown.server} (${shown.transport})`],
    ["protocol", shown.protocol_version ?? "not known yet"],
    ["client", clientOf(shown.client) || "does not say"],
    ...(shown.replica === null ? [] : [["replica", shown.replica] as const]),
    ["began", shown.created_at],
    ["last activity", shown.last_activity_at],
    ["takes requests until", shown.expires_at ?? "no end"],
    ["calls", `${formatCount(shown.calls)}, ${formatCount(shown.calls_running)} of them run`],
    ["open streams", formatCount(shown.streams_open)],
  ];
  return formatLines(
    formatTwoColumns(
      rows.map(([name, value]) => ({ name, value: oneLine(value) })),
      style,
    ),
  );
}
