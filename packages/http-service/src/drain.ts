import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Connections } from "./connections.ts";

/** Ends an HTTP server without cutting off who is being served. */
export interface ServerDrain {
  /** The server to end. Call it before it listens. */
  watch(app: FastifyInstance, connections: Connections): void;
  /**
   * No new connections; requests in flight, and those that still come over open connections, get `timeoutMs` to end,
   * then what is left is cut. Resolves when the last connection has ended.
   */
  start(timeoutMs: number): Promise<void>;
}

/** A connection that a client holds without asking anything is ended this soon. */
const SWEEP_MS = 50;

export function createServerDrain(): ServerDrain {
  let watched: { readonly app: FastifyInstance; readonly connections: Connections } | undefined;

  async function close(app: FastifyInstance, connections: Connections, timeoutMs: number): Promise<void> {
    const server: Server = app.server;
    connections.startDraining();
    const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
    const sweep = setInterval(() => connections.closeIdle(), SWEEP_MS);
    try {
      const closed = app.close();
      connections.closeIdle();
      await closed;
    } finally {
      clearInterval(sweep);
      clearTimeout(deadline);
    }
  }

  return {
    watch(app, connections) {
      watched = { app, connections };
    },
    async start(timeoutMs) {
      if (watched !== undefined) {
        await close(watched.app, watched.connections, timeoutMs);
      }
    },
  };
}
