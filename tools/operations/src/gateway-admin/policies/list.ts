import { EXIT } from "../../exit-code.ts";
import { jsonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { formatNumberOf, styleFor, type Style } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { PoliciesShown } from "@sark/gateway/api/policies";

type Policy = NonNullable<PoliciesShown["policies"]>[number];

export const listCommand = defineCommand<ClientFlags & { readonly json: boolean }>({
  run: list,
  parameters: { flags: { ...clientFlags, json: jsonFlag } },
  output: { shape: "object", schema: responses.policies },
  docs: {
    description: "Of the replica that responds.",
    examples: ["gateway-admin policies list", "gateway-admin policies list --json"],
    exitCodes: {
      0: "they are listed",
      1: "what is on disk is not in force",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function list(this: ToolContext, { json, ...flags }: ClientFlags & { json: boolean }): Promise<void> {
  const { stdout, env } = this.process;
  const gateway = openGateway(flags, this);
  const policies: Policy[] = [];
  let cursor: string | null = null;
  let page: PoliciesShown;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    page = await gateway.call("GET", `/admin/v1/policies?limit=1000${query}`, responses.policies);
    policies.push(...(page.policies ?? []));
    cursor = page.next_cursor;
  } while (cursor !== null);
  const shown = { ...page, policies: page.policies === null ? null : policies };
  stdout.write(json ? jsonLine(shown) : describe(shown, styleFor(stdout, env)));
  if (shown.last_error !== null) {
    this.process.exitCode = EXIT.finding;
  }
}

function describe(shown: PoliciesShown, style: Style): string {
  const { engine, revision, policies, last_error: error, warnings, opa_path: path } = shown;
  const table = policies === null || policies.length === 0 ? "" : formatTable(COLUMNS, policies, style);
  const where =
    policies === null
      ? `OPA decides, at ${path ?? "its path"}`
      : formatNumberOf(policies.length, "policy", "policies");
  const loaded = shown.loaded_at === null ? "" : `, loaded at ${shown.loaded_at}`;
  return (
    table +
    formatLines([
      `${where}, engine ${engine}, revision ${revision ?? "-"}${loaded}.`,
      ...warnings.map((warning) => `warning: ${warning}`),
      ...(error === null
        ? []
        : [
            style.bad(
              `The newest edit is not in force: ${[error.file, error.line].filter(Boolean).join(":")} ${error.message}`,
            ),
          ]),
    ])
  );
}

const COLUMNS: readonly Column<Policy>[] = [
  { title: "POLICY", value: ({ id }) => id },
  { title: "AT", value: ({ file, line }) => `${file}:${line}` },
  { title: "REASON", value: ({ reason }) => reason ?? "" },
];
