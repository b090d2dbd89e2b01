import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { DISABLED_REASONS } from "../webhooks/observer.ts";
import { ATTEMPT_RESULTS } from "../webhooks/sending/attempt.ts";
import { tenantLabel } from "./tenant-label.ts";

/** Metrics of what tenants are told of. */
export const webhookCatalog = defineCatalog({
  metrics_webhook_attempts_total: {
    type: "counter",
    help: "Attempts to send an event to a webhook, by how they ended; blocked: to an address that is not sent to.",
    question: "Do webhooks reach their receivers, and if not, why?",
    unit: "1",
    labels: { tenant_id: tenantLabel, result: oneOf(...ATTEMPT_RESULTS) },
    maxSeries: 1_200,
  },
  metrics_webhook_attempt_duration_seconds: {
    type: "histogram",
    help: "Time of an attempt, from the look-up of the name until its end is written down.",
    question: "How fast do receivers respond?",
    unit: "seconds",
    bucketsBecause: "from a receiver nearby to the end of the time that an attempt has",
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30],
  },
  metrics_webhook_dead_deliveries_total: {
    type: "counter",
    help: "Deliveries that failed as often as they may; their tenant may have them sent again.",
    question: "Which tenant's receivers miss events until someone sends them again?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_webhooks_disabled_total: {
    type: "counter",
    help: "Webhooks that the service has disabled: failing for too long, or withdrawn by their receiver.",
    question: "Why are webhooks disabled?",
    unit: "1",
    labels: { reason: oneOf(...DISABLED_REASONS) },
  },
  metrics_webhook_pending_deliveries: {
    type: "gauge",
    help: "Deliveries of all tenants that are not over, as this replica found them last.",
    question: "How many deliveries are still to be made?",
    unit: "1",
  },
  metrics_webhook_oldest_due_seconds: {
    type: "gauge",
    help: "How long the oldest delivery that may be sent now has been due.",
    question: "How far behind are webhooks?",
    unit: "seconds",
  },
  metrics_webhook_failures_total: {
    type: "counter",
    help: "Times that webhooks could not be worked on; the database is away, as a rule.",
    question: "Can webhooks not be worked on at all?",
    unit: "1",
  },
});
export type WebhookCatalog = typeof webhookCatalog;
