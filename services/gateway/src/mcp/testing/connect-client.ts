import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { OWN_STATELESS_REVISION } from "../../mcp-protocol/revisions.ts";

/** The official clients, as users have them. */
export const CLIENTS = ["v1", "v2 with sessions", "v2 stateless"] as const;
export type ClientKind = (typeof CLIENTS)[number];

export interface TestClient {
  callTool(
    name: string,
    args?: Record<string, unknown>,
    options?: { signal?: AbortSignal; onprogress?(progress: number): void; timeout?: number },
  ): Promise<Record<string, unknown>>;
  request(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>>;
  tools(): Promise<string[]>;
  prompts(): Promise<string[]>;
  resources(): Promise<string[]>;
  templates(): Promise<string[]>;
  sessionId(): string | undefined;
  terminate(): Promise<void>;
  close(): Promise<void>;
}

const anyResult = z.looseObject({});
const INFO = { name: "test", version: "1" };
const CAPABILITIES = { sampling: {}, elicitation: {} };
const PONG = { role: "assistant" as const, model: "none", content: { type: "text" as const, text: "pong" } };
const ACCEPT = { action: "accept" as const, content: { response: "42" } };

/** Connects as `user`; the client responds to sampling with "pong" and to elicitation with 42. */
export function connectClient(kind: ClientKind, url: string, user = "alice"): Promise<TestClient> {
  const requestInit = { headers: { "x-user": user } };
  return kind === "v1" ? connectV1(url, requestInit) : connectV2(kind, url, requestInit);
}

async function connectV1(url: string, requestInit: RequestInit): Promise<TestClient> {
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  const transport = new HttpV1(new URL(url), { requestInit });
  client.setRequestHandler(CreateMessageRequestSchema, () => PONG);
  client.setRequestHandler(ElicitRequestSchema, () => ACCEPT);
  await client.connect(transport);
  return {
    callTool: (name, args = {}, { onprogress, ...options } = {}) =>
      client.callTool({ name, arguments: args }, undefined, {
        ...options,
        ...(onprogress && { onprogress: ({ progress }) => onprogress(progress) }),
      }),
    request: (method, params = {}) => client.request({ method, params }, anyResult),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    prompts: async () => (await client.listPrompts()).prompts.map(({ name }) => name),
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    templates: async () => (await client.listResourceTemplates()).resourceTemplates.map((t) => t.uriTemplate),
    sessionId: () => transport.sessionId,
    terminate: () => transport.terminateSession(),
    close: () => client.close(),
  };
}

async function connectV2(kind: ClientKind, url: string, requestInit: RequestInit): Promise<TestClient> {
  const client = new ClientV2(INFO, {
    capabilities: CAPABILITIES,
    versionNegotiation: { mode: kind === "v2 stateless" ? { pin: OWN_STATELESS_REVISION.name } : "legacy" },
  });
  const transport = new HttpV2(new URL(url), { requestInit });
  client.setRequestHandler("sampling/createMessage", () => PONG);
  client.setRequestHandler("elicitation/create", () => ACCEPT);
  await client.connect(transport);
  return {
    callTool: (name, args = {}, { onprogress, ...options } = {}) =>
      client.callTool(
        { name, arguments: args },
        { ...options, ...(onprogress && { onprogress: ({ progress }) => onprogress(progress) }) },
      ),
    request: (method, params = {}) => client.request({ method, params }, anyResult),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    prompts: async () => (await client.listPrompts()).prompts.map(({ name }) => name),
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    templates: async () => (await client.listResourceTemplates()).resourceTemplates.map((t) => t.uriTemplate),
    sessionId: () => transport.sessionId,
    terminate: () => transport.terminateSession(),
    close: () => client.close(),
  };
}
