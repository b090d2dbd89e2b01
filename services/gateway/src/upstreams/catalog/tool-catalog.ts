import { viewSchema } from "@sark/audit/payloads";
import { within } from "@sark/observability/waiting";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { type ListedTool, type Upstream, UpstreamError } from "../../domain/upstream.ts";
import { mapInSlices } from "../../scheduling/map-in-slices.ts";
import { knownNames } from "./known-names.ts";
import { type McpClient, openMcpClient } from "../own-client/mcp-client.ts";

export interface ToolCatalog {
  /** Cached; callers at the same time share one listing. Rejects with an `UpstreamError`. */
  tools(): Promise<readonly ListedTool[]>;
  /** What the last listing that succeeded said of a tool's arguments; never asks the server. */
  inputSchema(tool: string): JsonObject | undefined;
  /**
   * The same, asking a server that has not been asked for its tools yet, or not for a while where the tool is not among
   * them. What is known is used at once and asked for anew behind that when it is old. Rejects as `tools` does.
   */
  currentSchema(tool: string): Promise<JsonObject | undefined>;
  /**
   * Whether a server that is not exact about names could take this one for a tool that it lists or that is configured,
   * while it is none of these itself. Asks the server where that is not known, for no longer than `waitMs`; what cannot
   * be had leaves what was known before in force. Never rejects.
   */
  isLookAlike(tool: string): Promise<boolean>;
  /** Ends a listing that is under way. */
  close(): Promise<void>;
}

export interface ToolCatalogOptions {
  readonly ttlMs?: number;
  /** How long a failure is remembered, so that a server that is down is not asked by every caller. */
  readonly failureTtlMs?: number;
  readonly timeoutMs?: number;
  /** How long a call waits for a listing that only its name needs. */
  readonly waitMs?: number;
  /** Tools that the configuration names. */
  readonly configured?: readonly string[];
}

/** Schemas older than this are asked for anew while calls go on with them. */
const STALE_MS = 10 * 60_000;

const MAX_PAGES = 100;
const MAX_TOOLS = 5_000;
/** Of all pages: what is listed stays in memory. */
const MAX_LISTING_BYTES = 16 * 1024 * 1024;

/** For a tool beyond the bounds: nothing is known of its arguments, so all of them count as sensitive. */
const UNSEEN: JsonObject = Object.freeze({ "x-sensitive": "not listed" });

/** What a server said of its tools. */
interface Listing {
  readonly tools: readonly ListedTool[];
  /** It has more of them. */
  readonly cut: boolean;
}

export function createToolCatalog(upstream: Upstream, options: ToolCatalogOptions = {}): ToolCatalog {
  const { ttlMs = 60_000, failureTtlMs = 5_000, timeoutMs = 20_000, waitMs = 5_000 } = options;
  const closing = new AbortController();
  let current: { readonly tools: Promise<readonly ListedTool[]>; expires: number } | null = null;
  let schemaOf: ToolCatalog["inputSchema"] = () => undefined;
  let listedAt = Number.NEGATIVE_INFINITY;
  const configured = knownNames(options.configured ?? []);
  let listed = knownNames([]);

  async function list(): Promise<readonly ListedTool[]> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const { tools, cut } = await listTools(upstream, AbortSignal.any([closing.signal, timeout]));
      // What calls will ask of the schemas is found out here, once, between other work.
      await mapInSlices(tools, ({ inputSchema }) => viewSchema(inputSchema));
      const schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema]));
      const names = await knownNames([...schemas.keys()]);
      schemaOf = (tool) => schemas.get(tool) ?? (cut ? UNSEEN : undefined);
      listed = Promise.resolve(names);
      listedAt = performance.now();
      return tools;
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
      () => (listing.expires = performance.now() + ttlMs),
      () => (listing.expires = performance.now() + failureTtlMs),
    );
    return listing.tools;
  }

  return {
    tools,
    inputSchema: (tool) => schemaOf(tool),
    async currentSchema(tool) {
      const known = schemaOf(tool);
      if (known === undefined) {
        await tools();
      }
      // A failure leaves what is known in force; who asks for the tools is told of it.
      else if (performance.now() - listedAt > STALE_MS) {
        tools().catch(() => {});
      }
      return known ?? schemaOf(tool);
    },
    async isLookAlike(tool) {
      const named = await configured;
      if (named.has(tool) || (await listed).has(tool)) {
        return false;
      }
      if (named.hasAlike(tool)) {
        return true;
      }
      // A failure leaves what is known in force.
      await within(waitMs, tools(), null).catch(() => {});
      const names = await listed;
      return !names.has(tool) && names.hasAlike(tool);
    },
    close: async () => {
      closing.abort();
      await current?.tools.catch(() => {});
    },
  };
}

/** All pages of `tools/list`, up to a bound. Asks as the gateway itself, without credentials of any caller. */
async function listTools(upstream: Upstream, signal: AbortSignal): Promise<Listing> {
  const client = await openMcpClient(upstream, signal, MAX_LISTING_BYTES);
  try {
    return await readPages(client);
  } finally {
    await client.close().catch(() => {});
  }
}

async function readPages(client: McpClient): Promise<Listing> {
  const tools: ListedTool[] = [];
  const cursors = new Set<Json>();
  let params: JsonObject = {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await client.request("tools/list", params);
    const listed = Array.isArray(result["tools"]) ? result["tools"] : [];
    for (const entry of listed) {
      const tool = toListedTool(entry);
      if (tool === null) {
        continue;
      }
      if (tools.length === MAX_TOOLS) {
        return { tools, cut: true };
      }
      tools.push(tool);
    }
    const cursor = result["nextCursor"];
    if (typeof cursor !== "string" || cursors.has(cursor)) {
      return { tools, cut: false };
    }
    cursors.add(cursor);
    params = { cursor };
  }
  return { tools, cut: true };
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
