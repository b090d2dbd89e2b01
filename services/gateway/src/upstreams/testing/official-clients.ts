import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { OWN_STATELESS_REVISION } from "../../mcp-protocol/revisions.ts";

/** The official clients in the ways that they negotiate; test code. */
export const OFFICIAL_CLIENTS = ["v1", "v2 with sessions", "v2 stateless", "v2 automatic"] as const;
export type OfficialClient = (typeof OFFICIAL_CLIENTS)[number];

export interface ConnectedClient extends AsyncDisposable {
  tools(): Promise<string[]>;
  /** The text of a tool's result. */
  call(
    name: string,
    args: Record<string, unknown>,
    options?: { signal?: AbortSignal; onprogress?(progress: { progress: number }): void },
  ): Promise<string>;
  sessionId(): string | undefined;
  /** Ends the session by DELETE. */
  terminate(): Promise<void>;
}

const INFO = { name: "test", version: "1" };
const CAPABILITIES = { sampling: {} };
const PONG = { role: "assistant" as const, model: "none", content: { type: "text" as const, text: "pong" } };

/** Connects; the client responds to sampling with "pong". */
export function connectOfficial(kind: OfficialClient, url: URL): Promise<ConnectedClient> {
  return kind === "v1" ? connectV1(url) : connectV2(kind, url);
}

async function connectV1(url: URL): Promise<ConnectedClient> {
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(CreateMessageRequestSchema, () => PONG);
  const transport = new HttpV1(url);
  await client.connect(transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, options) =>
      textOf(await client.callTool({ name, arguments: args }, undefined, options)),
    sessionId: () => transport.sessionId,
    terminate: () => transport.terminateSession(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectV2(kind: Exclude<OfficialClient, "v1">, url: URL): Promise<ConnectedClient> {
  const modes = {
    "v2 with sessions": "legacy",
    "v2 stateless": { pin: OWN_STATELESS_REVISION.name },
    "v2 automatic": "auto",
  } as const;
  const client = new ClientV2(INFO, {
    capabilities: CAPABILITIES,
    versionNegotiation: { mode: modes[kind] },
  });
  client.setRequestHandler("sampling/createMessage", () => PONG);
  const transport = new HttpV2(url);
  await client.connect(transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, options) => textOf(await client.callTool({ name, arguments: args }, options)),
    sessionId: () => transport.sessionId,
    terminate: () => transport.terminateSession(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function textOf(result: { [key: string]: unknown }): string {
  return JSON.stringify(result["content"]);
}
