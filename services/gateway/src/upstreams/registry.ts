import { validateHeaderName, validateHeaderValue } from "node:http";
import type { FileNotice } from "@sark/observability/files";
import type { Sensitivity } from "../domain/authorization.ts";
import type { JsonObject } from "@sark/json";
import type { ListedTool } from "../domain/upstream.ts";
import { createToolCatalog, type ToolCatalog } from "./catalog/tool-catalog.ts";
import type { HttpUpstreamConfig, StdioUpstreamConfig, UpstreamConfig } from "./contract/config.ts";
import { createHttpUpstream } from "./http/http-upstream.ts";
import { openUpstreamTokens } from "./oauth/open-upstream-tokens.ts";
import type { ObservedUpstream, UpstreamObserver } from "./contract/observer.ts";
import { followAuthority } from "./followed-files/follow-authority.ts";
import { followRecord, UpstreamConfigError } from "./followed-files/secret-references.ts";
import type { SharedBeginnings } from "./renewal/shared-beginnings.ts";
import { renewSessions } from "./renewal/renew-sessions.ts";
import { stdioLimits } from "./stdio/process/limits.ts";
import { createSensitivity, type SensitivityOf } from "./sensitivity.ts";
import { createTurns } from "./turns.ts";
import { createStdioUpstream } from "./stdio/stdio-upstream.ts";

/** An upstream with what the configuration says about it. */
interface RegisteredUpstream {
  readonly upstream: ObservedUpstream;
  readonly description: string;
  readonly transport: "tcp" | "pipe";
  readonly sensitivity: SensitivityOf;
  /** Tools that the configuration names. */
  readonly tools: readonly string[];
}

/** Programs that health checks start side by side; callers do not wait for them. */
const STARTS_AT_ONCE = 3;

/** All configured MCP servers. */
export interface Upstreams {
  get(name: string): RegisteredUpstream | undefined;
  /** In the order of the configuration, disabled ones left out. */
  list(): readonly RegisteredUpstream[];
  names(): readonly string[];
  /** `critical` for a server that is not known. */
  sensitivityOf(server: string, target: string | null): Sensitivity;
  /** The tools of a server, cached; rejects with an `UpstreamError` when it cannot be asked. */
  tools(server: string): Promise<readonly ListedTool[]>;
  /** The schema of a tool's arguments, where the server has been asked for its tools before. */
  inputSchema(server: string, tool: string): JsonObject | undefined;
  /** The same, asking the server where that is needed; rejects with an `UpstreamError` when it cannot be asked. */
  currentSchema(server: string, tool: string): JsonObject | undefined | Promise<JsonObject | undefined>;
  /**
   * Whether a name is not that of a tool which the server lists or the configuration names, but could be taken for one
   * by a server that is not exact about names. Never rejects.
   */
  isLookAlike(server: string, tool: string): boolean | Promise<boolean>;
  close(): Promise<void>;
}

export interface UpstreamsOptions {
  /** The gateway's own: for `${VARIABLE}` in the configuration, and `PATH` and the like for programs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly observer: UpstreamObserver;
  /** This replica, among those that share sessions. */
  readonly replica?: string | null;
  /** How sessions began, where replicas know it together. */
  readonly beginnings?: SharedBeginnings;
}

/**
 * Sets up every enabled entry; nothing is connected or started before it is used. Throws
 * `UpstreamConfigError` for names that occur twice and for secrets that cannot be read.
 */
export function createUpstreams(configs: readonly UpstreamConfig[], options: UpstreamsOptions): Upstreams {
  const inTurn = createTurns(STARTS_AT_ONCE);
  const registered = new Map<string, RegisteredUpstream & { readonly catalog: ToolCatalog }>();
  for (const config of configs) {
    if (!config.enabled) {
      continue;
    }
    if (registered.has(config.name)) {
      throw new UpstreamConfigError(`upstreams: the name "${config.name}" occurs twice`);
    }
    const upstream =
      config.transport === "http" ? fromHttp(config, options) : fromStdio(config, options, inTurn);
    const tools = Object.keys(config.tools).filter((tool) => !tool.includes("*"));
    registered.set(config.name, {
      upstream,
      description: config.description,
      transport: upstream.transport,
      sensitivity: createSensitivity(config.sensitivity, config.tools),
      tools,
      catalog: createToolCatalog(upstream, { configured: tools }),
    });
  }

  return {
    get: (name) => registered.get(name),
    list: () => [...registered.values()],
    names: () => [...registered.keys()],
    sensitivityOf: (server, target) => registered.get(server)?.sensitivity(target) ?? "critical",
    tools: async (server) => {
      const entry = registered.get(server);
      if (entry === undefined) {
        throw new UpstreamConfigError(`there is no upstream "${server}"`);
      }
      return entry.catalog.tools();
    },
    inputSchema: (server, tool) => registered.get(server)?.catalog.inputSchema(tool),
    currentSchema: (server, tool) => registered.get(server)?.catalog.currentSchema(tool),
    isLookAlike: (server, tool) => registered.get(server)?.catalog.isLookAlike(tool) ?? false,
    close: async () => {
      await Promise.all(
        [...registered.values()].map(async ({ catalog, upstream }) => {
          await catalog.close();
          await upstream.close();
        }),
      );
    },
  };
}

function fromHttp(config: HttpUpstreamConfig, options: UpstreamsOptions): ObservedUpstream {
  const where = `upstreams.${config.name}`;
  const notice: FileNotice = (problem) => options.observer(config.name, { type: "files_changed", problem });
  const headers = followRecord(config.headers, `${where}.headers`, options.environment, {
    notice,
    check(expanded) {
      for (const [name, value] of Object.entries(expanded)) {
        checkHeader(`${where}.headers.${name}`, name, value);
      }
    },
  });
  const upstream = createHttpUpstream({
    name: config.name,
    url: new URL(config.url),
    headers: headers.current,
    ...(config.oauth === undefined
      ? {}
      : { tokens: openUpstreamTokens(config.name, config.oauth, { ...options, notice }) }),
    ...(config.caFile === undefined ? {} : { ca: followAuthority(config.caFile, `${where}.caFile`, notice) }),
    connectTimeoutMs: config.timeouts.connect,
    ...requestTimeout(config.timeouts),
    headersTimeoutMs: config.timeouts.headers ?? 0,
    idleTimeoutMs: config.timeouts.idle ?? 0,
    maxConnections: config.limits.connections,
    maxWaiting: config.limits.waiting,
    maxStreams: config.limits.streams,
    propagateTrace: config.propagateTrace,
    observer: options.observer,
  });
  const { renewSessions: when } = config;
  return when === "never"
    ? upstream
    : renewSessions(upstream, {
        upTo: when === "used" ? "calls" : "none",
        shared: options.beginnings ?? null,
        observer: options.observer,
      });
}

/** A secret with a line break in it would otherwise fail each request, and as if the network did. */
function checkHeader(where: string, name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    // The original error would quote the value.
    throw new UpstreamConfigError(`${where}: holds characters that a header cannot have`);
  }
}

function fromStdio(
  config: StdioUpstreamConfig,
  options: UpstreamsOptions,
  inTurn: (start: () => Promise<void>) => Promise<void>,
): ObservedUpstream {
  return createStdioUpstream({
    name: config.name,
    command: config.command,
    args: config.args,
    env: followRecord(config.env, `upstreams.${config.name}.env`, options.environment, {
      notice: (problem) => options.observer(config.name, { type: "files_changed", problem }),
    }).current,
    ...(config.cwd === undefined ? {} : { cwd: config.cwd }),
    parentEnvironment: options.environment,
    ...requestTimeout(config.timeouts),
    limits: stdioLimits(config),
    replica: options.replica ?? null,
    inTurn,
    propagateTrace: config.propagateTrace,
    observer: options.observer,
  });
}

function requestTimeout({ request }: UpstreamConfig["timeouts"]): { requestTimeoutMs?: number } {
  return request === undefined ? {} : { requestTimeoutMs: request };
}
