import { isInitializeRequest, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { randomUUID } from "node:crypto";
import { buildServer } from "./build-server.ts";
import { createEventStore } from "./event-store.ts";
import type { World } from "./world.ts";

export interface LegacySessions {
  handle(request: Request, body: unknown): Promise<Response>;
  readonly count: number;
  /** Ends all sessions, as a restart of the server would: their ids are unknown from now on. */
  forget(): Promise<void>;
}

/** Milliseconds that a client is told to wait before it re-opens a stream. */
const RETRY_MS = 100;

/** The revisions with sessions: one transport and one server per session. */
export function createLegacySessions(world: World): LegacySessions {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: createEventStore(),
      retryInterval: RETRY_MS,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await buildServer(world, { era: "legacy", lasting: true }).connect(transport);
    return transport;
  }

  return {
    async handle(request, body) {
      const id = request.headers.get("mcp-session-id");
      const transport = id === null ? undefined : sessions.get(id);
      if (transport) {
        return transport.handleRequest(request);
      }
      if (id !== null) {
        return refuse(404, -32001, "Session not found");
      }
      const initializes = [body].flat().some((message) => isInitializeRequest(message));
      // Anything else without a session gets its error from the transport itself.
      return initializes || request.method !== "POST"
        ? (await open()).handleRequest(request)
        : refuse(400, -32000, "Bad Request: Mcp-Session-Id header is required");
    },
    get count() {
      return sessions.size;
    },
    async forget() {
      const open = [...sessions.values()];
      sessions.clear();
      await Promise.all(open.map((transport) => transport.close()));
    },
  };
}

function refuse(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status });
}
