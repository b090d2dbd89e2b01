import { given, jsonFlag, nameFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { ToolListShown } from "../output/schemas.ts";

interface ListFlags extends ClientFlags {
  readonly server?: string;
  readonly json: boolean;
}

export const listCommand = defineCommand<ListFlags>({
  run: list,
  parameters: {
    flags: { ...clientFlags, server: nameFlag("Tools of this server alone"), json: jsonFlag },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).toolList },
  docs: {
    description: "Asks the servers, and the policies about each tool, which goes on record.",
    examples: ["gateway-admin tools list", "gateway-admin tools list --server web --json"],
    exitCodes: {
      0: "they are listed",
      2: "the command line is wrong, or there is no such server",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function list(this: ToolContext, { server, json, ...flags }: ListFlags): Promise<void> {
  const { stdout, env } = this.process;
  const query = new URLSearchParams(given({ server_name: server }));
  const path = `gateway/tools${query.size === 0 ? "" : `?${query.toString()}`}`;
  const tools = await openGateway(flags, this).call("GET", path, responses.tools);
  if (json) {
    await writeText(stdout, jsonLine({ tools }));
  } else if (tools.length === 0) {
    stdout.write("There is no tool that the holder of this key may invoke.\n");
  } else {
    await writeText(stdout, formatTable(COLUMNS, tools, styleFor(stdout, env)));
  }
}

type Tool = ToolListShown["tools"][number];
const MAX_DESCRIPTION = 72;

const COLUMNS: readonly Column<Tool>[] = [
  { title: "SERVER", value: ({ server_name: server }) => server },
  { title: "TOOL", value: ({ tool_name: tool }) => tool },
  { title: "SENSITIVITY", value: ({ sensitivity_level: level }) => level },
  {
    title: "PARAMETERS",
    value: ({ parameters }) =>
      parameters.map(({ name, required }) => (required ? name : `[${name}]`)).join(" "),
  },
  { title: "DESCRIPTION", value: ({ description }) => shortened(description) },
];

function shortened(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > MAX_DESCRIPTION ? `${line.slice(0, MAX_DESCRIPTION - 1)}…` : line;
}
