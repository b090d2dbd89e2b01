import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import Fastify, { type FastifyInstance } from "fastify";
import { EndpointError } from "../errors.ts";
import { registerEndpoints } from "../routes/register.ts";
import { refuseOtherRoutes } from "../routes/undeclared.ts";
import { LIBRARY, type Library, type Shelves } from "./library.ts";

/** The library on a server that tests call by `inject`; the header `roles` is the caller, and without it there is none. */
export function serveLibrary(shelves: Shelves): FastifyInstance {
  const server = Fastify();
  refuseOtherRoutes(server);
  server.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof EndpointError)) {
      return reply.code(500).send({ error: (error as Error).message });
    }
    const status = error.code === "access_denied" ? 403 : 400;
    return reply.code(status).send({ error: error.code, field: error.field, message: error.message });
  });
  registerEndpoints<Library, typeof LIBRARY>(
    server,
    LIBRARY,
    { books: shelves, building: shelves },
    {
      authenticated: (handler) => ({
        async onRequest(request, reply) {
          if (request.headers["roles"] === undefined) {
            await reply.code(401).send();
          }
        },
        handler: (request, reply) => handler(request, reply, String(request.headers["roles"]).split(" ")),
      }),
      callerOf: ({ headers: { roles } }) => (roles === undefined ? null : String(roles).split(" ")),
      rolesOf: (caller) => caller,
      async denied(_caller, { method, path }) {
        shelves.left.push(`${method} ${path}`);
      },
      readBody: ({ body }) => body,
      async sendStream(reply, { status, headers, body }) {
        reply.hijack();
        reply.raw.writeHead(status, { ...headers });
        await pipeline(body, reply.raw);
      },
      clientLeft(reply) {
        const controller = new AbortController();
        void once(reply.raw, "close").then(() => controller.abort());
        return controller.signal;
      },
    },
  );
  return server;
}
