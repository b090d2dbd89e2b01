// The reference: a proxy that only passes on, with the same two libraries.
import Fastify from "fastify";
import { Pool } from "undici";
import { serve } from "../serve.ts";

await serve<{ upstream: string }>(async ({ upstream }) => {
  const { origin, pathname } = new URL(upstream);
  const pool = new Pool(origin, { connections: 64, pipelining: 1 });
  const app = Fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post("/mcp", async (request, reply) => {
    const answer = await pool.request({
      method: "POST",
      path: pathname,
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: request.body as Buffer,
    });
    reply.code(answer.statusCode).header("content-type", answer.headers["content-type"] ?? "");
    return reply.send(answer.body);
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { ready: { url: `${url}/mcp` }, close: () => app.close() };
});
