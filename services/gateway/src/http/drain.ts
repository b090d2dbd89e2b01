import type { FastifyInstance } from "fastify";

/**
 * Ends the HTTP server: no new connections, requests in flight get `timeoutMs` to end, then what is left
 * (event streams that would never end) is cut.
 */
export async function drainServer(app: FastifyInstance, timeoutMs: number): Promise<void> {
  const deadline = setTimeout(() => app.server.closeAllConnections(), timeoutMs);
  try {
    await app.close();
  } finally {
    clearTimeout(deadline);
  }
}
