import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION } from "../mcp-revisions.ts";

/** A JSON-RPC message, as far as a server that responds to everything alike has to know it. */
export interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly protocolVersion?: string; readonly _meta?: object };
}

/** The JSON-RPC response that a well-behaved server would give; `null` for what needs none. */
export function properResponse(message: Message): string | null {
  if (message.id === undefined || message.method === undefined) {
    return null;
  }
  return JSON.stringify({ jsonrpc: "2.0", id: message.id, result: resultOf(message) });
}

/** A result with some text of the given length. */
export function textResult(text: string): object {
  return { content: [{ type: "text", text }], resultType: "complete" };
}

function resultOf({ method, params }: Message): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params?.protocolVersion ?? PEER_SESSION_REVISION,
        capabilities: { tools: {} },
        serverInfo: SERVER_INFO,
      };
    case "server/discover":
      return { supportedVersions: [PEER_STATELESS_REVISION], capabilities: { tools: {} }, ...MODERN_LIST };
    case "tools/list":
      return { tools: [{ name: "misbehave", inputSchema: { type: "object" } }], ...MODERN_LIST };
    case "tools/call":
      return textResult("well done");
    default:
      return { resultType: "complete" };
  }
}

const SERVER_INFO = { name: "misbehaving", version: "1.0.0" };
/** What the stateless revision wants in listings; older clients ignore it. */
const MODERN_LIST = {
  resultType: "complete",
  ttlMs: 0,
  cacheScope: "private",
  _meta: { "io.modelcontextprotocol/serverInfo": SERVER_INFO },
};
