import { OWN_SESSION_REVISION } from "../mcp-protocol/revisions.ts";

/** A tool call that a newcomer can make at once. */
export interface FirstCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Lines for a shell that list tools, call one and ask the audit log for it. Each is quoted for any shell. */
export function firstCall(options: {
  readonly url: string;
  readonly adminKeyFile: string;
  readonly server: string;
  readonly example: FirstCall | null;
}): string {
  const { url, adminKeyFile, server, example } = options;
  const lines = [
    `KEY=$(cat '${adminKeyFile}')`,
    `curl -s ${LINE_END} -H "Authorization: Bearer $KEY" '${url}/api/v1/gateway/tools?server_name=${server}'`,
  ];
  if (example !== null) {
    lines.push(
      `SESSION=$(${post(`${url}/mcp/${server}`, INITIALIZE, "-D - -o /dev/null")} |`,
      `  sed -n 's/^mcp-session-id: *//p' | tr -d '\\r')`,
      post(
        `${url}/mcp/${server}`,
        {
          jsonrpc: "2.0",
          id: 2,
          method: "tools/call",
          params: { name: example.tool, arguments: example.arguments },
        },
        `${LINE_END} -H "Mcp-Session-Id: $SESSION"`,
      ),
    );
  }
  lines.push(
    `curl -s ${LINE_END} -H "Authorization: Bearer $KEY" '${url}/api/v1/audit/events?limit=2'`,
    `curl -s -H "Authorization: Bearer $KEY" '${url}/metrics' | grep '^sark_gateway_calls_total'`,
  );
  return lines.join("\n");
}

function post(url: string, message: unknown, options: string): string {
  return [
    `curl -s ${options} -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'`,
    `-H 'Accept: application/json, text/event-stream' '${url}'`,
    `-d '${JSON.stringify(message)}'`,
  ].join(" \\\n  ");
}

const LINE_END = "-w '\\n'";

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: OWN_SESSION_REVISION.name,
    capabilities: {},
    clientInfo: { name: "curl", version: "1" },
  },
};
