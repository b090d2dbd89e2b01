import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { opensStream } from "../mcp-protocol/vocabulary/methods.ts";
import type { McpEndpoint } from "./endpoint.ts";
import { clientSignal, sendResponse, type Authenticated } from "@sark/http-service";
import type { Caller } from "../domain/governance.ts";

/** `/mcp/{server}`: every method goes to the endpoint, which knows what its protocol revision allows. */
export function registerMcpRoutes(
  server: FastifyInstance,
  deps: {
    readonly endpoint: McpEndpoint;
    readonly authenticated: Authenticated<Caller>;
    /** Longest life of a stream, in milliseconds. */
    readonly maxStreamMs: number;
  },
): void {
  const route = deps.authenticated(async (request, reply, caller) => {
    const client = clientSignal(reply);
    // A stream is authorized when it is opened: its end makes the client open it again and be authorized again, if it may.
    const signal = neverEnds(request)
      ? AbortSignal.any([
          client,
          AbortSignal.timeout(deps.maxStreamMs),
          deps.authenticated.watch(request, reply),
        ])
      : client;
    const response = await deps.endpoint.handle({
      method: request.method,
      headers: request.headers,
      body: request.body instanceof Buffer ? request.body : null,
      server: (request.params as { server: string }).server,
      caller,
      signal,
    });
    whenTaken(reply, response.taken);
    await sendResponse(reply, {
      ...response,
      headers: { ...response.headers, "x-correlation-id": caller.correlationId },
    });
  });
  // Clients join paths in either way. Both are one endpoint: the server's name is what policies see.
  for (const path of ["/mcp/:server", "/mcp/:server/"]) {
    server.all(path, { config: { access: "policy decides about each call" }, ...route });
  }
}

function whenTaken({ raw }: FastifyReply, taken: (() => void) | undefined): void {
  if (taken === undefined) {
    return;
  }
  if (raw.destroyed) {
    taken();
  } else {
    raw.once("close", taken);
  }
}

/** Streams that stay open for later messages of the server. */
function neverEnds({ method, headers }: FastifyRequest): boolean {
  return method === "GET" || opensStream(String(headers["mcp-method"]));
}
