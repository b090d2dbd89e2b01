import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../domain/governance.ts";
import { READERS } from "../governance/admission.ts";
import { readJsonBody } from "../transport/json-body.ts";
import { clientSignal } from "../transport/reply.ts";
import type { SiemApi } from "./deliveries/handlers.ts";
import type { Authenticated } from "../transport/authenticated.ts";
import { requireRole } from "../transport/caller.ts";

const BASE = "/api/v1/siem/destinations";

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  /** The destination of the path. */
  readonly name: string;
}

/** `/api/v1/siem/…`: read by roles `auditor` and `admin`, changed by `admin`. */
export function registerSiemRoutes(
  server: FastifyInstance,
  deps: { readonly api: SiemApi; readonly authenticated: Authenticated },
): void {
  const { api, authenticated } = deps;

  function route(
    method: "GET" | "POST" | "DELETE",
    path: string,
    handle: (asked: Asked) => Promise<unknown>,
  ): void {
    server.route({
      method,
      url: `${BASE}${path}`,
      ...authenticated((request, reply, caller) => {
        reply.header("cache-control", "no-store");
        const { name = "" } = request.params as { name?: string };
        return handle({ request, reply, caller, name });
      }),
    });
  }

  route("GET", "", async ({ caller }) => {
    requireRole(caller.principal, READERS);
    return api.destinations();
  });
  route("GET", "/:name", async ({ caller, name }) => {
    requireRole(caller.principal, READERS);
    return api.destination(name);
  });
  route("DELETE", "/:name", async ({ caller, name, reply }) => {
    await api.remove(name, caller);
    reply.code(204);
  });
  route("POST", "/:name/pause", ({ request, caller, name }) => api.pause(name, bodyOf(request), caller));
  route("POST", "/:name/resume", ({ caller, name }) => api.resume(name, caller));
  route("POST", "/:name/flush", async ({ request, caller, name, reply }) => {
    const answer = await api.flush(name, optionalBodyOf(request), caller, clientSignal(reply));
    reply.code(answer.settled ? 200 : 202);
    return answer;
  });
  route("POST", "/flush", async ({ request, caller, reply }) => {
    const answer = await api.flushAll(optionalBodyOf(request), caller, clientSignal(reply));
    reply.code(answer.settled ? 200 : 202);
    return answer;
  });
  route("GET", "/:name/quarantine", ({ request, caller, name }) =>
    api.quarantine(name, request.query, caller),
  );
  route("POST", "/:name/quarantine/replay", async ({ request, caller, name, reply }) => {
    const answer = await api.replay(name, bodyOf(request), caller);
    reply.code(202);
    return answer;
  });
  route("POST", "/:name/quarantine/discard", ({ request, caller, name }) =>
    api.discard(name, bodyOf(request), caller),
  );
}

function bodyOf(request: FastifyRequest): unknown {
  return readJsonBody(request.headers, request.body);
}

function optionalBodyOf(request: FastifyRequest): unknown {
  const { body } = request;
  return body instanceof Buffer && body.length > 0 ? bodyOf(request) : {};
}
