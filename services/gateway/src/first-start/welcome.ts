import { firstCall, type FirstCall } from "./first-call.ts";

/** What a newcomer needs to see after `npm start`. */
export function welcomeText(options: {
  readonly url: string;
  readonly adminKeyFile: string;
  readonly servers: readonly string[];
  /** Of the example servers; `null` where nothing is known of the servers' tools. */
  readonly example: FirstCall | null;
  readonly database: string;
  readonly policies: string;
  /** File of the key that the audit log is signed with; `null` where this gateway signs none. */
  readonly verifierKey: string | null;
  /** Where the embedded database is found; `null` where there is none. */
  readonly dataDirectory: string | null;
}): string {
  const { url, adminKeyFile, verifierKey } = options;
  const server = options.example?.server ?? options.servers[0] ?? "your-server";
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
  return `
SARK gateway: ${url}

  Admin key     ${adminKeyFile}   (mode 0600; readable by its owner only)
  Audit log     ${options.database}
  Policies      ${options.policies}
  MCP servers   ${options.servers.map((name) => `${url}/mcp/${name}`).join("\n                ")}

For an MCP client, paste:

${indent(JSON.stringify(clientConfiguration, null, 2))}

With curl, what you may use${options.example === null ? "" : ", a tool call"}, and what the audit log says of it:

${indent(firstCall({ url, adminKeyFile, server, example: options.example }))}
${verifierKey === null ? "" : `\nProof that the log was not altered:\n\n  ${verifyCommand(verifierKey, options.dataDirectory)}\n`}
Ctrl-C ends everything.
`;
}

/** As run from the folder that the gateway was started in. */
function verifyCommand(verifierKey: string, dataDirectory: string | null): string {
  const found = dataDirectory === null || dataDirectory === ".sark";
  return `${found ? "" : `SARK_DATA_DIRECTORY='${dataDirectory}' `}npm run audit -- verify --key '${verifierKey}'`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
