import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION } from "@sark/testkit";
import type { Target } from "./load.ts";

const JSON_OR_EVENTS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
} as const;

const CALL = {
  name: "look-up",
  arguments: { question: "what is six times seven", depth: 3 },
} as const;

type Endpoint = Pick<Target, "url"> & { readonly headers: Readonly<Record<string, string>> };

/** `tools/call` of the stateless era: every caller sends the same. */
export function statelessCall({ url, headers }: Endpoint): Target {
  const version = PEER_STATELESS_REVISION;
  return {
    url,
    headers: () => ({
      ...JSON_OR_EVENTS,
      "mcp-protocol-version": version,
      "mcp-method": "tools/call",
      "mcp-name": CALL.name,
      ...headers,
    }),
    body: message("tools/call", {
      ...CALL,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
      },
    }),
    check,
  };
}

/** `tools/call` of the session era: each caller in a session of its own, which is opened here. */
export async function sessionCall({ url, headers }: Endpoint, callers: number): Promise<Target> {
  const version = PEER_SESSION_REVISION;
  const ids = await Promise.all(
    Array.from({ length: callers }, async () => {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...JSON_OR_EVENTS, ...headers },
        body: message("initialize", {
          protocolVersion: version,
          capabilities: {},
          clientInfo: { name: "bench", version: "1" },
        }),
      });
      const text = await response.text();
      const id = response.headers.get("mcp-session-id");
      if (id === null) {
        throw new Error(`no session: ${response.status} ${text.slice(0, 300)}`);
      }
      return id;
    }),
  );
  return {
    url,
    headers: (caller) => ({
      ...JSON_OR_EVENTS,
      "mcp-protocol-version": version,
      "mcp-session-id": ids[caller % ids.length] ?? "",
      ...headers,
    }),
    body: message("tools/call", CALL),
    check,
  };
}

function message(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

function check(status: number, text: string): void {
  if (status !== 200 || !text.includes('"42"')) {
    throw new Error(`unexpected response: ${status} ${text.slice(0, 300)}`);
  }
}
