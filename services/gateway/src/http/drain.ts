import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Ends an HTTP server without cutting off who is being served. */
export interface Drain {
  /** Aborted when draining begins: for what would never end by itself. */
  readonly begun: AbortSignal;
  /**
   * No new connections; requests in flight get `timeoutMs` to end, then what is left is cut. Resolves when
   * the last connection is gone.
   */
  start(timeoutMs: number): Promise<void>;
}

/** Call it before the server listens. */
export function createDrain(): Drain & { watch(app: FastifyInstance): void } {
  const controller = new AbortController();
  const sockets = new Set<Socket>();
  let watched: FastifyInstance | undefined;
  return {
    begun: controller.signal,
    watch(app) {
      watched = app;
      app.server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
    },
    async start(timeoutMs) {
      controller.abort();
      const deadline = setTimeout(() => watched?.server.closeAllConnections(), timeoutMs);
      try {
        const closed = watched?.close();
        // Clients connect ahead of need; for Node.js a connection without a first request is not an idle one.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
        await closed;
      } finally {
        clearTimeout(deadline);
      }
    },
  };
}
