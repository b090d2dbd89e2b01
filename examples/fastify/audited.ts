import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditLog, AuditRecord } from "@sark/audit";
import { extendContext, type Logger } from "@sark/observability/logging";

declare module "fastify" {
  interface FastifyRequest {
    /** The record of a request that was let through; its outcome refers to it. */
    intent: { readonly record: AuditRecord; readonly id: string } | null;
  }
}

/**
 * Records each request of a route that declares `config: { audit: "NAME" }`: an intent that is committed before the
 * handler runs, and how it ended. Without the intent the request is refused with 503.
 */
export function auditRequests(app: FastifyInstance, audit: AuditLog, logger: Logger): void {
  app.decorateRequest("intent", null);
  app.addHook("onRequest", async (request) => extendContext({ user: userOf(request) }));

  app.addHook("preHandler", async (request, reply) => {
    const { audit: operation } = request.routeOptions.config as { readonly audit?: string };
    if (operation === undefined) {
      return;
    }
    const record: AuditRecord = {
      event_type: "order",
      user_id: userOf(request),
      server_name: "orders",
      tool_name: operation,
      decision: "allow",
      reason: "orders are open to everyone",
      timestamp: Date.now() / 1_000,
      gateway_request_id: request.id,
    };
    try {
      const { id } = await audit.record(
        { ...record, phase: "intent" },
        { payloads: { arguments: request.body } },
      );
      request.intent = { record, id };
    } catch (error) {
      logger.error({ error }, "the request is not recorded");
      await reply.code(503).send({ error: "requests cannot be recorded now" });
    }
  });

  app.addHook("onResponse", async (request, reply) => {
    if (request.intent === null) {
      return;
    }
    const { record, id } = request.intent;
    await audit.record({
      ...record,
      timestamp: Date.now() / 1_000,
      phase: "outcome",
      intent_id: id,
      outcome: outcomeOf(reply),
      duration_ms: Math.round(reply.elapsedTime),
    });
  });
}

function userOf(request: FastifyRequest): string {
  return String(request.headers["x-user"] ?? "anonymous").slice(0, 64);
}

function outcomeOf(reply: FastifyReply): "ok" | "tool_error" {
  return reply.statusCode < 400 ? "ok" : "tool_error";
}
