import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { PEER_STATELESS_REVISION } from "@sark/testkit";
import { fetch as fetchBy, type Dispatcher, type RequestInit as InitBy } from "undici";

/** The official clients, as users have them. */
export const CLIENTS = ["v1 SDK", "v2 client with sessions", "v2 client, stateless"] as const;
export type ClientKind = (typeof CLIENTS)[number];

/** What the tests do with either generation of the client. */
export interface OfficialClient {
  callTool(
    name: string,
    args?: Record<string, unknown>,
    options?: { readonly signal?: AbortSignal; readonly meta?: Record<string, unknown> },
  ): Promise<Record<string, unknown>>;
  tools(): Promise<string[]>;
  /** Ends the session by DELETE. */
  terminate(): Promise<void>;
  close(): Promise<void>;
}

const INFO = { name: "test", version: "1" };

/** Connects with these headers. */
export async function connectClient(
  kind: ClientKind,
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    /** How it is connected. Default: as the platform does. */
    readonly dispatcher?: Dispatcher;
    /** Told of each response's head, with the text of what was posted. */
    onResponse?(response: Response, request: string): void;
    /** The server says that its tools have changed. */
    onToolsChanged?(): void;
  },
): Promise<OfficialClient> {
  const settings = {
    requestInit: { headers: { ...options.headers } },
    async fetch(target: string | URL, init?: RequestInit) {
      const { dispatcher } = options;
      const response =
        dispatcher === undefined
          ? await fetch(target, init)
          : ((await fetchBy(target, { ...(init as unknown as InitBy), dispatcher })) as unknown as Response);
      options.onResponse?.(response, typeof init?.body === "string" ? init.body : "");
      return response;
    },
  };
  if (kind === "v1 SDK") {
    const client = new ClientV1(INFO);
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => options.onToolsChanged?.());
    const transport = new HttpV1(new URL(url), settings);
    await client.connect(transport);
    return {
      terminate: () => transport.terminateSession(),
      callTool: (name, args = {}, { meta, ...rest } = {}) =>
        client.callTool({ name, arguments: args, ...(meta && { _meta: meta }) }, undefined, rest),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      close: () => client.close(),
    };
  }
  const client = new ClientV2(INFO, {
    versionNegotiation: {
      mode: kind === "v2 client, stateless" ? { pin: PEER_STATELESS_REVISION } : "legacy",
    },
  });
  client.setNotificationHandler("notifications/tools/list_changed", () => options.onToolsChanged?.());
  const transport = new HttpV2(new URL(url), settings);
  await client.connect(transport);
  return {
    terminate: () => transport.terminateSession(),
    callTool: (name, args = {}, { meta, ...rest } = {}) =>
      client.callTool({ name, arguments: args, ...(meta && { _meta: meta }) }, rest),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    close: () => client.close(),
  };
}
