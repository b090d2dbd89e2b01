import { STATELESS_REVISIONS } from "../../mcp-protocol/revisions.ts";
import type { UpstreamEvent } from "../contract/observer.ts";
import type { ObservedUpstream } from "../contract/observer.ts";
import type { StdioLimits } from "../stdio/process/limits.ts";
import { createStdioUpstream } from "../stdio/stdio-upstream.ts";

const TEST_LIMITS: StdioLimits = {
  streamAfterMs: 60_000,
  sessionIdleMs: 60_000,
  resumeMs: 120_000,
  stopMs: 500,
  probeMs: 120_000,
  sessions: 8,
  sessionsPerCaller: 8,
  displaceAfterMs: 60_000,
  inFlight: 64,
  inFlightPerCaller: 64,
  messageBytes: 4 * 1024 * 1024,
  replayEvents: 64,
  replayBytes: 256 * 1024,
};

export interface TestUpstream extends AsyncDisposable {
  readonly upstream: ObservedUpstream;
  readonly events: UpstreamEvent[];
  /** Processes that were started and have not ended. */
  pids(): number[];
}

/** A stdio upstream whose events are kept; test code. */
export function startStdioUpstream(
  program: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env?: Record<string, string>;
  },
  limits: Partial<StdioLimits> = {},
): TestUpstream {
  const events: UpstreamEvent[] = [];
  const upstream = createStdioUpstream({
    name: "local",
    command: program.command,
    args: program.args,
    env: () => program.env ?? {},
    parentEnvironment: process.env,
    limits: { ...TEST_LIMITS, ...limits },
    propagateTrace: true,
    inTurn: (start) => start(),
    checkWaitMs: 120_000,
    observer: (_name, event) => events.push(event),
  });
  return {
    upstream,
    events,
    pids: () => {
      const ended = events.flatMap((event) => (event.type === "process_ended" ? event.pid : []));
      return events.flatMap((event) =>
        event.type === "process_started" && !ended.includes(event.pid) ? event.pid : [],
      );
    },
    [Symbol.asyncDispose]: () => upstream.close(),
  };
}

/** A stdio server written in a test: `source` is the body of `onMessage(message, send)`, run for each message. */
export function scripted(source: string, stateless = true): { command: string; args: string[] } {
  const script = `
    const send = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
    const respond = (message, result) => send({ jsonrpc: "2.0", id: message.id, result });
    const initialized = (message) => respond(message, {
      protocolVersion: message.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" },
    });
    const discovered = (message) => respond(message, {
      supportedVersions: ${JSON.stringify(STATELESS_REVISIONS)}, capabilities: { tools: {} }, resultType: "complete", ttlMs: 0, cacheScope: "private",
    });
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const message = JSON.parse(line);
      if (message.method === "initialize") return initialized(message);
      if (message.method === "server/discover" && ${stateless}) return discovered(message);
      ${source}
    });`;
  return { command: process.execPath, args: ["-e", script] };
}
