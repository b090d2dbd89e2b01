import { varies } from "@sark/http-api";
import { z } from "zod";
import { SUBSCRIBED_EVENTS, TENANT_EVENTS } from "../../domain/webhooks.ts";
import { DELIVERY_STATES, type Delivery } from "../../webhooks/deliveries.ts";
import { ATTEMPT_RESULTS } from "../../webhooks/sending/attempt.ts";
import { DIRECTIONS, THRESHOLD_KPIS } from "../../webhooks/thresholds.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { nameSchema } from "../parameters/schemas.ts";

const MAX_THRESHOLDS = 20;

const url = z
  .string()
  .max(2_000)
  .regex(/^[\x21-\x7e]+$/, "must be printable ASCII: percent-encode what is not");
const events = z
  .array(z.enum(SUBSCRIBED_EVENTS))
  .max(SUBSCRIBED_EVENTS.length)
  .refine((names) => new Set(names).size === names.length, "must name each event once");
const threshold = z.strictObject({
  kpi: z.enum(THRESHOLD_KPIS),
  direction: z.enum(DIRECTIONS).describe("Crossed while the KPI is above, or below, the bound"),
  bound: z.number().min(-1e15).max(1e15),
});
const thresholds = z
  .array(threshold)
  .max(MAX_THRESHOLDS)
  .refine(
    (all) => new Set(all.map(({ kpi, direction }) => `${kpi} ${direction}`)).size === all.length,
    "must have one bound for each KPI and direction",
  );

export const newWebhook = z.strictObject({
  url: url.describe("Of https, with a name or a public address"),
  description: nameSchema().optional(),
  events: events.default([]).describe("Events that it is told of"),
  thresholds: thresholds
    .default([])
    .describe(
      "KPIs of the tenant, looked at each minute: `kpi.threshold_crossed` and `kpi.threshold_cleared`",
    ),
});
export const webhookChange = z.strictObject({
  url: url.optional(),
  description: nameSchema().optional(),
  events: events.optional(),
  thresholds: thresholds.optional().describe("In the place of those before; each counts as not crossed"),
  enabled: z.boolean().optional(),
});
export const webhook = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.string()),
    thresholds: z.array(z.object({ kpi: z.string(), direction: z.string(), bound: z.number() })),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    enabled: z.boolean(),
    disabled_at: z.iso.datetime().nullable(),
    disabled_reason: z
      .enum(["requested", "failing", "withdrawn"])
      .nullable()
      .describe(
        "`failing`: all attempts failed for `webhooks.disableAfter`; `withdrawn`: the receiver responded with 410",
      ),
    failures: z.number().int().describe("Failed attempts in a row, up to now"),
    failing_since: z.iso.datetime().nullable(),
  })
  .meta({ id: "Webhook" });
export const webhookWithSecret = z
  .object({ secret: z.string().describe("Signs the messages: nothing shows it again"), webhook })
  .meta({ id: "WebhookWithSecret" });
export const delivery = z
  .object({
    id: z.uuid().describe("Of the event: the receiver has it as `webhook-id`"),
    type: z.enum(TENANT_EVENTS),
    state: z.enum(DELIVERY_STATES),
    attempts: z.number().int(),
    created_at: z.iso.datetime(),
    last_attempt_at: z.iso.datetime().nullable(),
    last_result: z
      .enum(ATTEMPT_RESULTS)
      .nullable()
      .describe("`rejected`: a status other than 2xx; `blocked`: an address that is not sent to"),
    last_status: z.number().int().nullable(),
    next_attempt_at: z.iso.datetime().nullable(),
    delivered_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "WebhookDelivery" });

export const exampleWebhook = {
  id: varies("018f3c7e-0000-7000-8000-000000000000", "webhook_id"),
  url: "https://hooks.example.com/sark",
  description: "on-call",
  events: ["score_anomaly.found"],
  thresholds: [{ kpi: "active_users_1h", direction: "below", bound: 10 }],
  created_by: varies("acme-admin"),
  created_at: varies("2026-11-28T12:00:00.000Z"),
  enabled: true,
  disabled_at: null,
  disabled_reason: null,
  failures: 0,
  failing_since: null,
};
export const exampleDelivery = {
  id: varies("018f3c7e-0000-7000-8000-000000000000"),
  type: "webhook.test",
  state: "pending",
  attempts: varies(0),
  created_at: varies("2026-11-28T12:00:00.000Z"),
  // It may have been sent already.
  last_attempt_at: varies(null),
  last_result: varies(null),
  last_status: varies(null),
  next_attempt_at: varies("2026-11-28T12:00:00.000Z"),
  delivered_at: null,
};

export function toShownWebhook(one: Webhook) {
  return {
    id: one.id,
    url: one.url,
    description: one.description,
    events: [...one.events],
    thresholds: [...one.thresholds],
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
    enabled: one.disabledAt === null,
    disabled_at: one.disabledAt?.toISOString() ?? null,
    disabled_reason: one.disabledReason,
    failures: one.failures,
    failing_since: one.failingSince?.toISOString() ?? null,
  };
}

export function toShownDelivery(one: Delivery) {
  return {
    id: one.id,
    type: one.type,
    state: one.state,
    attempts: one.attempts,
    created_at: one.createdAt.toISOString(),
    last_attempt_at: one.lastAttemptAt?.toISOString() ?? null,
    last_result: one.lastResult,
    last_status: one.lastStatus,
    next_attempt_at: one.nextAttemptAt?.toISOString() ?? null,
    delivered_at: one.deliveredAt?.toISOString() ?? null,
  };
}
