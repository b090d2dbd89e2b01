export const SESSION_ID = "session-of-the-server";

/** Tools that the servers have. Policy allows those alone whose names begin with `ok`. */
export const TOOLS = ["ok_echo", "ok_typed", "ok_secret", "forbidden"] as const;

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * Responds to whatever a message may be taken for; `null` where there is nothing to say. `stateless` is the revision
 * without sessions that the server has.
 */
export function respondTo(text: string, stateless: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(value)) {
    const responses = value.flatMap((message) => respond(Object(message) as Message, stateless) ?? []);
    return responses.length === 0 ? null : `[${responses.join(",")}]`;
  }
  return respond(Object(value) as Message, stateless);
}

function respond({ id, method, params }: Message, stateless: string): string | null {
  if (id === undefined || typeof method !== "string") {
    return null;
  }
  return JSON.stringify({
    jsonrpc: "2.0",
    id,
    result: resultOf(method, Object(params) as object, stateless),
  });
}

function resultOf(method: string, params: { readonly protocolVersion?: unknown }, stateless: string): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion ?? "",
        capabilities: { tools: {}, resources: {}, prompts: {} },
        serverInfo: SERVER,
      };
    case "server/discover":
      return { supportedVersions: [stateless], capabilities: { tools: {} }, ...MODERN };
    case "tools/list":
      return { tools: TOOLS.map((name) => ({ name, inputSchema: SCHEMAS[name] })), ...MODERN };
    case "tools/call":
      return { content: [{ type: "text", text: "ran" }], resultType: "complete" };
    default:
      return { resultType: "complete" };
  }
}

const SERVER = { name: "recording", version: "1.0.0" };
const MODERN = {
  resultType: "complete",
  ttlMs: 0,
  cacheScope: "private",
  _meta: { "io.modelcontextprotocol/serverInfo": SERVER },
};
const SCHEMAS: Readonly<Record<(typeof TOOLS)[number], object>> = {
  ok_echo: { type: "object", properties: { text: { type: "string" } } },
  ok_typed: {
    type: "object",
    properties: {
      path: { type: "string", "x-mcp-header": "Path" },
      limit: { type: "number" },
      nested: { type: "object", properties: { danger: { type: "boolean" } } },
    },
  },
  ok_secret: { type: "object", properties: { password: { type: "string", format: "password" } } },
  forbidden: { type: "object" },
};
