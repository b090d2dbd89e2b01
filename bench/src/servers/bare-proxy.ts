// The reference: a proxy that only passes on, with the same two libraries.
import Fastify from "fastify";
import { Pool } from "undici";
import { serve } from "../serve.ts";

const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
};

await serve(async ({ upstreams }: { upstreams: Record<string, string> }) => {
  const app = Fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  for (const [name, upstream] of Object.entries(upstreams)) {
    const { origin, pathname } = new URL(upstream);
    const pool = new Pool(origin, { connections: 64, pipelining: 1 });
    app.post(`/mcp/${name}`, async (request, reply) => {
      const answer = await pool.request({
        method: "POST",
        path: pathname,
        headers: { ...HEADERS, "mcp-name": request.headers["mcp-name"] },
        body: request.body as Buffer,
      });
      reply.code(answer.statusCode).header("content-type", answer.headers["content-type"] ?? "");
      return reply.send(answer.body);
    });
  }
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { ready: { url }, close: () => app.close() };
});
