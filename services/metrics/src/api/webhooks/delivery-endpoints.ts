import { json, respond, varies } from "@sark/http-api";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { HttpError } from "../../errors/http-errors.ts";
import { DELIVERY_STATES } from "../../webhooks/deliveries.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { pageOf } from "../parameters/page.ts";
import { pageQuery } from "../parameters/schemas.ts";
import { found, recordChange, type WebhooksApi } from "./api.ts";
import { delivery, exampleDelivery, exampleWebhook, toShownDelivery } from "./schemas.ts";

const { endpoint, group } = metricsEndpoints<WebhooksApi>();

const path = z.strictObject({ id: z.uuid() });

export const webhookDeliveryEndpoints = group({
  title: "Deliveries of webhooks",
  description: "What was told to a webhook, or is still to be; and what it did not take, to be sent again.",
  endpoints: {
    testWebhook: endpoint({
      method: "POST",
      path: "/v1/webhooks/{id}/test",
      summary: "Sends a message of the type `webhook.test`",
      roles: ["admin"],
      input: { path },
      output: { 202: json(delivery, "It is on its way.") },
      errors: ["not_found", "conflict", "audit_unavailable"],
      example: {
        request: { path: { id: exampleWebhook.id } },
        response: { status: 202, body: exampleDelivery },
      },
      async handler(api, { path: { id }, caller }) {
        const tenant = tenantOf(caller);
        await checkEnabled(api, tenant, id);
        await recordChange(api, caller, "test", { webhook: id });
        const made = await api.deliveries.test(tenant, id);
        if (made === null) {
          throw disabled();
        }
        return respond(202, toShownDelivery(made));
      },
    }),
    listDeliveries: endpoint({
      method: "GET",
      path: "/v1/webhooks/{id}/deliveries",
      summary: "Deliveries of a webhook, the newest first",
      description: "Those that are `dead` failed as often as `webhooks.maxAttempts` allows.",
      roles: ["admin"],
      input: { path, query: pageQuery.extend({ state: z.enum(DELIVERY_STATES).optional() }) },
      output: {
        200: json(z.object({ deliveries: z.array(delivery), next_cursor: z.string().nullable() }), "A page."),
      },
      errors: ["not_found"],
      example: {
        request: { path: { id: exampleWebhook.id }, query: { state: "dead" } },
        response: { status: 200, body: { deliveries: [], next_cursor: null } },
      },
      async handler({ deliveries }, { path: { id }, query: { state = null, ...page }, caller }) {
        const tenant = tenantOf(caller);
        const { entries, next_cursor } = await pageOf(
          page,
          async (before, limit) => found(await deliveries.list(tenant, id, state, { before, limit })),
          (event) => validate(z.uuid(), event).valid,
        );
        return respond(200, { deliveries: entries.map(toShownDelivery), next_cursor });
      },
    }),
    redeliver: endpoint({
      method: "POST",
      path: "/v1/webhooks/{id}/deliveries/{delivery}/redeliver",
      summary: "Sends an event again, whatever became of it",
      description: "With the same `webhook-id`: a receiver that has it may take it for a repetition.",
      roles: ["admin"],
      input: { path: z.strictObject({ id: z.uuid(), delivery: z.uuid() }) },
      output: { 202: json(delivery, "It is on its way.") },
      errors: ["not_found", "conflict", "audit_unavailable"],
      example: {
        request: {
          path: {
            id: exampleWebhook.id,
            delivery: varies("018f3c7e-0000-7000-8000-000000000000", "delivery_id"),
          },
        },
        response: { status: 202, body: exampleDelivery },
      },
      async handler(api, { path: { id, delivery: event }, caller }) {
        const tenant = tenantOf(caller);
        await checkEnabled(api, tenant, id);
        await recordChange(api, caller, "redeliver", { webhook: id, delivery: event });
        const again = await api.deliveries.redeliver(tenant, id, event);
        if (again === null) {
          throw new HttpError("not_found", "There is no such delivery.");
        }
        return respond(202, toShownDelivery(again));
      },
    }),
    redeliverDead: endpoint({
      method: "POST",
      path: "/v1/webhooks/{id}/redeliver-dead",
      summary: "Sends all again that are dead",
      roles: ["admin"],
      input: { path },
      output: { 202: json(z.object({ deliveries: z.number().int() }), "How many are on their way.") },
      errors: ["not_found", "conflict", "audit_unavailable"],
      example: {
        request: { path: { id: exampleWebhook.id } },
        response: { status: 202, body: { deliveries: 0 } },
      },
      async handler(api, { path: { id }, caller }) {
        const tenant = tenantOf(caller);
        await checkEnabled(api, tenant, id);
        await recordChange(api, caller, "redeliver", { webhook: id });
        return respond(202, { deliveries: await api.deliveries.redeliverDead(tenant, id) });
      },
    }),
  },
});

/** What is sent to a disabled webhook would wait for ever. */
async function checkEnabled({ webhooks }: WebhooksApi, tenant: string, id: string): Promise<void> {
  if (found(await webhooks.find(tenant, id)).disabledAt !== null) {
    throw disabled();
  }
}

function disabled(): HttpError {
  return new HttpError("conflict", "The webhook is disabled.");
}
