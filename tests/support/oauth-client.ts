import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import type { OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { browse, PEER_STATELESS_REVISION } from "@sark/testkit";
import type { ClientKind } from "./official-clients.ts";

const REDIRECT = "http://127.0.0.1:3999/callback";

/** An official client that knows the URL of an MCP server and nothing else, and a browser with its user. */
export interface OAuthClient {
  /** What the client asked the user to allow: the scopes of each authorization request. */
  readonly asked: readonly (string | null)[];
  /** The access token that it has now. */
  token(): string | undefined;
  callTool(name: string, args: Record<string, unknown>): Promise<Record<string, unknown>>;
  tools(): Promise<string[]>;
  close(): Promise<void>;
}

export async function connectOAuthClient(kind: ClientKind, url: string): Promise<OAuthClient> {
  const asked: (string | null)[] = [];
  let callback: URLSearchParams | null = null;
  const kept: { client?: object; tokens?: { access_token: string }; discovery?: object; verifier?: string } =
    {};
  const provider = {
    redirectUrl: REDIRECT,
    clientMetadata: {
      client_name: "test",
      redirect_uris: [REDIRECT],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client: object) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens: { access_token: string }) => void (kept.tokens = tokens),
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state: object) => void (kept.discovery = state),
    saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier ?? "",
    async redirectToAuthorization(to: URL) {
      asked.push(to.searchParams.get("scope"));
      callback = (await browse(to, REDIRECT)).searchParams;
    },
  };
  const options = { authProvider: provider as unknown as OAuthClientProvider };
  const { client, open } = kind === "v1 SDK" ? v1(url, options) : v2(kind, url, options);
  let transport = open();

  /** The user comes back from the browser, and the client goes on with the code. */
  async function finish(error: unknown): Promise<void> {
    const parameters = callback;
    callback = null;
    if (parameters === null) {
      throw error;
    }
    await transport.finishAuth(parameters);
  }
  async function authorizing<T>(work: () => Promise<T>): Promise<T> {
    return work().catch(async (error: unknown) => {
      await finish(error);
      return work();
    });
  }

  await client.connect(transport.inner).catch(async (error: unknown) => {
    await finish(error);
    await transport.inner.close();
    transport = open();
    await client.connect(transport.inner);
  });
  return {
    asked,
    token: () => kept.tokens?.access_token,
    callTool: (name, args) => authorizing(() => client.callTool(name, args)),
    tools: () => authorizing(() => client.tools()),
    close: () => client.close(),
  };
}

const INFO = { name: "test", version: "1" };

function v1(url: string, options: { readonly authProvider: OAuthClientProvider }) {
  const client = new ClientV1(INFO);
  return {
    client: {
      connect: (transport: unknown) => client.connect(transport as HttpV1),
      callTool: (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> =>
        client.callTool({ name, arguments: args }),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      close: () => client.close(),
    },
    open() {
      const inner = new HttpV1(new URL(url), options);
      return {
        inner,
        finishAuth: (callback: URLSearchParams) => inner.finishAuth(callback.get("code") ?? ""),
      };
    },
  };
}

function v2(kind: ClientKind, url: string, options: { readonly authProvider: unknown }) {
  const mode = kind === "v2 client, stateless" ? ({ pin: PEER_STATELESS_REVISION } as const) : "legacy";
  const client = new ClientV2(INFO, { versionNegotiation: { mode } });
  return {
    client: {
      connect: (transport: unknown) => client.connect(transport as HttpV2),
      callTool: (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> =>
        client.callTool({ name, arguments: args }),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      close: () => client.close(),
    },
    open() {
      const inner = new HttpV2(new URL(url), options as ConstructorParameters<typeof HttpV2>[1]);
      return { inner, finishAuth: (callback: URLSearchParams) => inner.finishAuth(callback) };
    },
  };
}
