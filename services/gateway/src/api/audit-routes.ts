import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditApi } from "./audit/handlers.ts";
import type { Caller } from "../domain/governance.ts";
import { READERS } from "../governance/admission.ts";
import { readJsonBody } from "../transport/json-body.ts";
import { sendAnswer } from "../transport/reply.ts";
import type { Authenticated } from "../transport/authenticated.ts";
import { requireRole } from "../transport/caller.ts";

const BASE = "/api/v1/audit";
const TEXT = "text/plain; charset=utf-8";

/** `/api/v1/audit/…`, for roles `auditor` and `admin`; a receipt of one's own takes no role. */
export function registerAuditRoutes(
  server: FastifyInstance,
  deps: { readonly api: AuditApi; readonly authenticated: Authenticated },
): void {
  const { api, authenticated } = deps;

  function get(
    path: string,
    handle: (request: FastifyRequest, caller: Caller, reply: FastifyReply) => Promise<unknown>,
  ): void {
    server.get(`${BASE}/${path}`, {
      // A HEAD request would have the whole export written, for no reader.
      exposeHeadRoute: path !== "export",
      ...authenticated((request, reply, caller) => {
        reply.header("cache-control", "no-store");
        return handle(request, caller, reply);
      }),
    });
  }

  get("events", (request, caller) => api.events(request.query, caller));
  get("events/:id", (request, caller) => api.event(parameter(request, "id"), caller));
  get("events/:id/trail", (request, caller) => api.trailOfEvent(parameter(request, "id"), caller));
  get("requests/:id/trail", (request, caller) => api.trailOfRequest(parameter(request, "id"), caller));
  get("orphans", (request, caller) => api.orphans(request.query, caller));
  get("export", async (request, caller, reply) => {
    const answer = await api.export(request.query, caller);
    await sendAnswer(reply, {
      ...answer,
      headers: { ...answer.headers, "x-correlation-id": caller.correlationId },
    });
  });
  get("checkpoint", async (_request, caller, reply) => {
    requireRole(caller.principal, READERS);
    reply.type(TEXT);
    return api.checkpoint();
  });
  get("tile/*", async (request, caller, reply) => {
    requireRole(caller.principal, READERS);
    const { bytes, cacheControl } = await api.tile(parameter(request, "*"), caller);
    reply.type("application/octet-stream").header("cache-control", cacheControl);
    return bytes;
  });
  get("consistency", async (request, caller) => {
    requireRole(caller.principal, READERS);
    return api.consistency(request.query);
  });
  get("proof/:id", async (request, caller, reply) => {
    const proof = await api.proof(parameter(request, "id"), caller);
    reply.type(TEXT);
    return proof;
  });
  get("receipt/:id", async (request, caller, reply) => {
    const receipt = await api.receipt(parameter(request, "id"), caller);
    reply.type(TEXT);
    return receipt;
  });
  server.post(
    `${BASE}/erasures`,
    authenticated(async (request, reply, caller) => {
      await api.admitErasure(caller);
      const erased = await api.erase(readJsonBody(request.headers, request.body), caller);
      reply.code(201);
      return erased;
    }),
  );
}

function parameter(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? "";
}
