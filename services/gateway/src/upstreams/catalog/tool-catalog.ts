import { viewSchema } from "@sark/audit/payloads";
import { within } from "@sark/observability/waiting";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { type ListedTool, type Upstream, UpstreamError } from "../../domain/upstream.ts";
import { mapInSlices } from "@sark/scheduling";
import { type KnownNames, knownNames, NO_NAMES } from "./known-names.ts";
import { type McpClient, openMcpClient } from "../own-client/mcp-client.ts";

export interface ToolCatalog {
  /** Cached; callers at the same time share one listing. Rejects with an `UpstreamError`. */
  tools(): Promise<readonly ListedTool[]>;
  /** What the last listing that succeeded said of a tool's arguments; never asks the server. */
  inputSchema(tool: string): JsonObject | undefined;
  /**
   * The same, asking a server that has not been asked for its tools yet, or not for a while where the tool is not among
   * them. What is known is used at once, without a promise, and asked for anew behind that when it is old. Rejects as `tools` does.
   */
  currentSchema(tool: string): JsonObject | undefined | Promise<JsonObject | undefined>;
  /**
   * Whether a server that is not exact about names could take this one for a tool that it lists or that is configured,
   * while it is none of these itself. Asks the server where that is not known, for no longer than `waitMs`; what cannot
   * be had leaves what was known before in force. No promise where nothing has to be asked. Never rejects.
   */
  isLookAlike(tool: string): boolean | Promise<boolean>;
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
  let current: {
    readonly tools: Promise<readonly ListedTool[]>;
    /** It has come to its end; `expires` says for how long that holds. */
    state: "under_way" | "listed" | "failed";
    expires: number;
  } | null = null;
  let schemaOf: ToolCatalog["inputSchema"] = () => undefined;
  let listedAt = Number.NEGATIVE_INFINITY;
  const configured = knownNames(options.configured ?? []);
  /** The same, once that has been found out. */
  let configuredNames: KnownNames | null = null;
  void configured.then((names) => (configuredNames = names));
  let listedNames: KnownNames = NO_NAMES;

  async function list(): Promise<readonly ListedTool[]> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const { tools, cut } = await listTools(upstream, AbortSignal.any([closing.signal, timeout]));
      // What calls will ask of the schemas is found out here, once, between other work.
      await mapInSlices(tools, ({ inputSchema }) => viewSchema(inputSchema));
      const schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema]));
      const names = await knownNames([...schemas.keys()]);
      schemaOf = (tool) => schemas.get(tool) ?? (cut ? UNSEEN : undefined);
      listedNames = names;
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
    const listing: NonNullable<typeof current> = {
      tools: list(),
      state: "under_way",
      expires: Number.POSITIVE_INFINITY,
    };
    current = listing;
    const ended = (state: "listed" | "failed", heldMs: number) => {
      listing.state = state;
      listing.expires = performance.now() + heldMs;
    };
    listing.tools.then(
      () => ended("listed", ttlMs),
      () => ended("failed", failureTtlMs),
    );
    return listing.tools;
  }

  /** How the last listing ended, where that still holds: asking would tell nothing else. */
  function lastListing(): "listed" | "failed" | null {
    const holds = current !== null && current.state !== "under_way" && performance.now() < current.expires;
    return holds ? (current?.state as "listed" | "failed") : null;
  }

  async function askForSchema(tool: string): Promise<JsonObject | undefined> {
    await tools();
    return schemaOf(tool);
  }

  /** `null` where the server has to be asked. */
  function lookAlikeAmong(named: KnownNames, tool: string): boolean | null {
    if (named.has(tool) || listedNames.has(tool)) {
      return false;
    }
    if (named.hasAlike(tool)) {
      return true;
    }
    return lastListing() === null ? null : isAlikeListed(tool);
  }

  function isAlikeListed(tool: string): boolean {
    return !listedNames.has(tool) && listedNames.hasAlike(tool);
  }

  async function askForNames(tool: string): Promise<boolean> {
    const known = lookAlikeAmong(await configured, tool);
    if (known !== null) {
      return known;
    }
    // A failure leaves what is known in force.
    await within(waitMs, tools(), null).catch(() => {});
    return isAlikeListed(tool);
  }

  return {
    tools,
    inputSchema: (tool) => schemaOf(tool),
    currentSchema(tool) {
      const known = schemaOf(tool);
      if (known === undefined) {
        return lastListing() === "listed" ? undefined : askForSchema(tool);
      }
      // A failure leaves what is known in force; who asks for the tools is told of it.
      if (performance.now() - listedAt > STALE_MS) {
        tools().catch(() => {});
      }
      return known;
    },
    isLookAlike(tool) {
      const known = configuredNames === null ? null : lookAlikeAmong(configuredNames, tool);
      return known ?? askForNames(tool);
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
