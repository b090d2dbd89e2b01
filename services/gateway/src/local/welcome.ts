/** What a newcomer needs to see after `npm start`. */
export function welcomeText(options: {
  readonly url: string;
  readonly adminKeyFile: string;
  readonly servers: readonly string[];
  readonly database: string;
  readonly policies: string;
}): string {
  const { url, adminKeyFile } = options;
  const server = options.servers[0] ?? "your-server";
  const clientConfiguration = {
    mcpServers: Object.fromEntries(
      options.servers.map((name) => [
        name,
        {
          type: "http",
          url: `${url}/mcp/${name}`,
          headers: { Authorization: "Bearer <contents of the key file>" },
        },
      ]),
    ),
  };
  const call = { jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE };
  return `
SARK gateway: ${url}

  Admin key     ${adminKeyFile}   (mode 0600; shown to nobody else)
  Audit log     ${options.database}
  Policies      ${options.policies}
  MCP servers   ${options.servers.map((name) => `${url}/mcp/${name}`).join("\n                ")}

For an MCP client, paste:

${indent(JSON.stringify(clientConfiguration, null, 2))}

With curl:

  KEY=$(cat ${adminKeyFile})
  curl -s -H "Authorization: Bearer $KEY" ${url}/api/v1/gateway/tools?server_name=${server}
  curl -s -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
    -H "Accept: application/json, text/event-stream" ${url}/mcp/${server} \\
    -d '${JSON.stringify(call)}'
  curl -s -H "Authorization: Bearer $KEY" ${url}/metrics | grep sark_gateway_

Ctrl-C ends everything.
`;
}

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "curl", version: "1" },
};

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
