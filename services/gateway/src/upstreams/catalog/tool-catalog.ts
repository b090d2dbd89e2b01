import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { type Upstream, UpstreamError } from "../../domain/upstream.ts";
import { type Conversation, openConversation } from "./mcp-conversation.ts";

/** A tool as its server describes it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

export interface ToolCatalog {
  /** Cached; callers at the same time share one listing. Rejects with an `UpstreamError`. */
  tools(): Promise<readonly ListedTool[]>;
  /** What the last listing that succeeded said of a tool's arguments; never asks the server. */
  inputSchema(tool: string): JsonObject | undefined;
  /** Ends a listing that is under way. */
  close(): Promise<void>;
}

export interface ToolCatalogOptions {
  readonly ttlMs?: number;
  /** How long a failure is remembered, so that a server that is down is not asked by every caller. */
  readonly failureTtlMs?: number;
  readonly timeoutMs?: number;
}

const MAX_PAGES = 100;
const MAX_TOOLS = 5_000;

export function createToolCatalog(upstream: Upstream, options: ToolCatalogOptions = {}): ToolCatalog {
  const { ttlMs = 60_000, failureTtlMs = 5_000, timeoutMs = 20_000 } = options;
  const closing = new AbortController();
  let current: { readonly tools: Promise<readonly ListedTool[]>; expires: number } | null = null;
  let schemas: ReadonlyMap<string, JsonObject> = new Map();

  async function list(): Promise<readonly ListedTool[]> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await listTools(upstream, AbortSignal.any([closing.signal, timeout]));
    } catch (cause) {
      if (timeout.aborted) {
        const message = `upstream "${upstream.name}" did not list its tools within ${timeoutMs} ms`;
        throw new UpstreamError("upstream_timeout", message, { cause });
      }
      throw cause;
    }
  }

  function tools(): Promise<readonly ListedTool[]> {
    if (current !== null && performance.now() < current.expires) {
      return current.tools;
    }
    const listing = { tools: list(), expires: Number.POSITIVE_INFINITY };
    current = listing;
    listing.tools.then(
      (listed) => {
        listing.expires = performance.now() + ttlMs;
        schemas = new Map(listed.map(({ name, inputSchema }) => [name, inputSchema]));
      },
      () => (listing.expires = performance.now() + failureTtlMs),
    );
    return listing.tools;
  }

  return {
    tools,
    inputSchema: (tool) => schemas.get(tool),
    close: async () => {
      closing.abort();
      await current?.tools.catch(() => {});
    },
  };
}

/** All pages of `tools/list`, up to a bound. Asks as the gateway itself, without credentials of any caller. */
async function listTools(upstream: Upstream, signal: AbortSignal): Promise<readonly ListedTool[]> {
  const conversation = await openConversation(upstream, signal);
  try {
    return await readPages(conversation);
  } finally {
    await conversation.close().catch(() => {});
  }
}

async function readPages(conversation: Conversation): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  const cursors = new Set<Json>();
  let params: JsonObject = {};
  for (let page = 0; page < MAX_PAGES && tools.length < MAX_TOOLS; page += 1) {
    const result = await conversation.ask("tools/list", params);
    const listed = Array.isArray(result["tools"]) ? result["tools"] : [];
    tools.push(...listed.flatMap((tool) => toListedTool(tool) ?? []));
    const cursor = result["nextCursor"];
    if (typeof cursor !== "string" || cursors.has(cursor)) {
      break;
    }
    cursors.add(cursor);
    params = { cursor };
  }
  return tools.slice(0, MAX_TOOLS);
}

function toListedTool(tool: Json): ListedTool | null {
  if (!isJsonObject(tool) || typeof tool["name"] !== "string") {
    return null;
  }
  const { name, description, inputSchema } = tool;
  return {
    name,
    description: typeof description === "string" ? description : "",
    inputSchema: inputSchema !== undefined && isJsonObject(inputSchema) ? inputSchema : { type: "object" },
  };
}
