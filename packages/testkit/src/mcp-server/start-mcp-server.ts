import { createServer } from "node:http";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { fileURLToPath } from "node:url";
import { createHttpHandler } from "./http-handler.ts";
import { createRecorder, type SeenRequest } from "./recorder.ts";
import { createWorld } from "./world.ts";

/**
 * Path of the same server as a program: `node <path> [--port N [--era-by-meta] | --stdio] [--record FILE]`. A run of
 * tests that has bundled it says where: that starts in half of the processor time.
 */
export const mcpServerProgram =
  process.env["SARK_TEST_MCP_SERVER"] ?? fileURLToPath(new URL("main.ts", import.meta.url));

export interface McpServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Takes every request without a session that has a `_meta` for a stateless one, and refuses it when it is none. */
  readonly eraByMeta?: boolean;
  /** Ends the process for the tool `crash` with `how: "process"`; a program passes `process.exit`. */
  exit?(code: number): void;
  /** Hears of each request when it was read, and again when it was cancelled. */
  onRequest?(seen: SeenRequest): void;
}

export interface McpServerHandle {
  /** `http://127.0.0.1:<port>/mcp` */
  readonly url: string;
  readonly port: number;
  /** What it saw, in order; the entries go on changing while their requests are at work. */
  requests(): readonly SeenRequest[];
  clearRequests(): void;
  /** Lets the tool `stream` send its next notification. */
  release(gate: string): void;
  /** Open sessions of the older era. */
  sessions(): number;
  /** Ends all sessions, as a restart would. */
  forgetSessions(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts an MCP server on 127.0.0.1 that speaks every revision with sessions and the stateless one,
 * and that has all that the official conformance suite asks for.
 */
export async function startMcpServer(options: McpServerOptions = {}): Promise<McpServerHandle> {
  const recorder = createRecorder(options.onRequest);
  const world = createWorld(recorder, options.exit);
  const handler = createHttpHandler(world, { eraByMeta: options.eraByMeta ?? false });
  const http = createServer(handler.listener);
  const port = await listenOnLoopback(http, options.port);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    requests: () => recorder.requests,
    clearRequests: () => recorder.clear(),
    release: (gate) => world.gates.release(gate),
    sessions: () => handler.sessions.count,
    forgetSessions: () => handler.sessions.forget(),
    async close() {
      await handler.close();
      await closeServer(http);
    },
  };
}
