// The reference: a proxy that only passes on, with the same two libraries.
import type { IncomingHttpHeaders } from "node:http";
import Fastify from "fastify";
import { Pool } from "undici";
import { serve } from "../serve.ts";

const PASSED = ["content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];

function passed(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    PASSED.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

await serve(async ({ upstreams }: { upstreams: Record<string, string> }) => {
  const app = Fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  for (const [name, upstream] of Object.entries(upstreams)) {
    const { origin, pathname } = new URL(upstream);
    const pool = new Pool(origin, { connections: 64, pipelining: 1 });
    app.post(`/mcp/${name}`, async (request, reply) => {
      const response = await pool.request({
        method: "POST",
        path: pathname,
        headers: passed(request.headers),
        body: request.body as Buffer,
      });
      reply.code(response.statusCode).header("content-type", response.headers["content-type"] ?? "");
      const session = response.headers["mcp-session-id"];
      if (session !== undefined) {
        reply.header("mcp-session-id", session);
      }
      return reply.send(response.body);
    });
  }
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { ready: { url }, close: () => app.close() };
});
