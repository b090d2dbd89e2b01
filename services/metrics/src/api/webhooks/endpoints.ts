import { empty, json, respond, varies } from "@sark/http-api";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { HttpError } from "../../errors/http-errors.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { pageOf } from "../parameters/page.ts";
import { pageQuery } from "../parameters/schemas.ts";
import { checkTarget, found, recordChange, sealing, type WebhooksApi } from "./api.ts";
import {
  exampleWebhook,
  newWebhook,
  toShownWebhook,
  webhook,
  webhookChange,
  webhookWithSecret,
} from "./schemas.ts";

const { endpoint, group } = metricsEndpoints<WebhooksApi>();

const path = z.strictObject({ id: z.uuid() });
const exampleWithSecret = { secret: varies("whsec_…"), webhook: exampleWebhook };

export const webhookEndpoints = group({
  title: "Webhooks",
  description:
    "Where a tenant is told of what happens, in the manner of [Standard Webhooks](https://www.standardwebhooks.com): [docs/webhooks.md](../../webhooks.md). Each change is a security event of the log, committed before it is made.",
  endpoints: {
    createWebhook: endpoint({
      method: "POST",
      path: "/v1/webhooks",
      summary: "A new webhook",
      roles: ["admin"],
      input: { body: newWebhook },
      output: { 201: json(webhookWithSecret, "The webhook, with its secret.") },
      errors: ["conflict", "audit_unavailable", "webhook_key_missing"],
      cacheControl: "no-store",
      example: {
        request: {
          body: {
            url: "https://hooks.example.com/sark",
            description: "on-call",
            events: ["score_anomaly.found"],
            thresholds: [{ kpi: "active_users_1h", direction: "below", bound: 10 }],
          },
        },
        response: { status: 201, body: exampleWithSecret },
      },
      async handler(api, { body: { description = null, ...body }, caller }) {
        const tenant = tenantOf(caller);
        checkTarget(api, body.url);
        await recordChange(api, caller, "create", { url: body.url });
        const createdBy = caller.principal.id;
        const made = await sealing(api.webhooks.create(tenant, { ...body, description, createdBy }));
        if (made === null) {
          throw new HttpError(
            "conflict",
            "The tenant has as many webhooks as `webhooks.maxPerTenant` allows.",
          );
        }
        return respond(201, { secret: made.secret, webhook: toShownWebhook(made.webhook) });
      },
    }),
    listWebhooks: endpoint({
      method: "GET",
      path: "/v1/webhooks",
      summary: "Webhooks by their ids, those disabled included",
      roles: ["admin"],
      input: { query: pageQuery },
      output: {
        200: json(z.object({ webhooks: z.array(webhook), next_cursor: z.string().nullable() }), "A page."),
      },
      errors: [],
      example: { response: { status: 200, body: { webhooks: [exampleWebhook], next_cursor: null } } },
      async handler({ webhooks }, { query, caller }) {
        const tenant = tenantOf(caller);
        const { entries, next_cursor } = await pageOf(
          query,
          (after, limit) => webhooks.list(tenant, after, limit),
          (id) => validate(z.uuid(), id).valid,
        );
        return respond(200, { webhooks: entries.map(toShownWebhook), next_cursor });
      },
    }),
    getWebhook: endpoint({
      method: "GET",
      path: "/v1/webhooks/{id}",
      summary: "A webhook, and how it fares",
      roles: ["admin"],
      input: { path },
      output: { 200: json(webhook, "The webhook.") },
      errors: ["not_found"],
      example: {
        request: { path: { id: exampleWebhook.id } },
        response: { status: 200, body: exampleWebhook },
      },
      handler: async ({ webhooks }, { path: { id }, caller }) =>
        respond(200, toShownWebhook(found(await webhooks.find(tenantOf(caller), id)))),
    }),
    changeWebhook: endpoint({
      method: "PATCH",
      path: "/v1/webhooks/{id}",
      summary: "Changes a webhook, disables or enables it",
      description:
        "What is not named stays as it is. Nothing is told to a disabled webhook, also not later; what was dead when it was disabled can be sent again.",
      roles: ["admin"],
      input: { path, body: webhookChange },
      output: { 200: json(webhook, "The webhook from now on.") },
      errors: ["not_found", "audit_unavailable"],
      example: {
        request: { path: { id: exampleWebhook.id }, body: { enabled: true } },
        response: { status: 200, body: exampleWebhook },
      },
      async handler(api, { path: { id }, body, caller }) {
        checkTarget(api, body.url);
        const { url } = body;
        await recordChange(api, caller, "change", { webhook: id, ...(url === undefined ? {} : { url }) });
        const { description, events, thresholds, enabled } = body;
        const changed = await api.webhooks.change(tenantOf(caller), id, {
          ...(url === undefined ? {} : { url }),
          ...(description === undefined ? {} : { description }),
          ...(events === undefined ? {} : { events }),
          ...(thresholds === undefined ? {} : { thresholds }),
          ...(enabled === undefined ? {} : { enabled }),
        });
        return respond(200, toShownWebhook(found(changed)));
      },
    }),
    rotateWebhookSecret: endpoint({
      method: "POST",
      path: "/v1/webhooks/{id}/rotate",
      summary: "Another secret in the place of this one",
      description: "Until the overlap is over, messages carry a signature by each of the two.",
      roles: ["admin"],
      input: {
        path,
        body: z.strictObject({
          overlap_seconds: z
            .number()
            .int()
            .min(0)
            .max(30 * 86_400)
            .default(86_400),
        }),
      },
      output: { 200: json(webhookWithSecret, "The webhook, with its new secret.") },
      errors: ["not_found", "audit_unavailable", "webhook_key_missing"],
      cacheControl: "no-store",
      example: {
        request: { path: { id: exampleWebhook.id }, body: { overlap_seconds: 3_600 } },
        response: { status: 200, body: exampleWithSecret },
      },
      async handler(api, { path: { id }, body, caller }) {
        await recordChange(api, caller, "rotate", { webhook: id });
        const rotated = found(await sealing(api.webhooks.rotate(tenantOf(caller), id, body.overlap_seconds)));
        return respond(200, { secret: rotated.secret, webhook: toShownWebhook(rotated.webhook) });
      },
    }),
    deleteWebhook: endpoint({
      method: "DELETE",
      path: "/v1/webhooks/{id}",
      summary: "Deletes a webhook, with what was not sent to it",
      roles: ["admin"],
      input: { path },
      output: { 204: empty("It is deleted.") },
      errors: ["not_found", "audit_unavailable"],
      example: { request: { path: { id: exampleWebhook.id } }, response: { status: 204 } },
      async handler(api, { path: { id }, caller }) {
        await recordChange(api, caller, "delete", { webhook: id });
        found((await api.webhooks.remove(tenantOf(caller), id)) || null);
        return respond(204, undefined);
      },
    }),
  },
});
