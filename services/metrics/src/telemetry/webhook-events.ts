import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { WebhookObserver } from "../webhooks/observer.ts";
import type { WebhookCatalog } from "./webhook-catalog.ts";

const LIMIT = { lines: 60, perMs: 60_000 };

export function createWebhookEvents(deps: {
  readonly recorder: Recorder<WebhookCatalog>;
  readonly logger: Logger;
}): WebhookObserver {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "webhooks" }), LIMIT);
  return {
    attempted({ tenant, webhook, event, result, status, seconds, attempt }) {
      recorder.increment("metrics_webhook_attempts_total", { tenant_id: tenant, result });
      recorder.observe("metrics_webhook_attempt_duration_seconds", {}, seconds);
      if (result !== "delivered") {
        const fields = { tenant_id: tenant, webhook, event, error_type: result, status, attempt };
        logger.warn(fields, "a webhook has not taken an event; it is sent again");
      }
    },
    died({ tenant, webhook, event }) {
      recorder.increment("metrics_webhook_dead_deliveries_total", { tenant_id: tenant });
      logger.warn({ tenant_id: tenant, webhook, event }, "a webhook has not taken an event, and it is dead");
    },
    disabled({ tenant, webhook, reason }) {
      recorder.increment("metrics_webhooks_disabled_total", { reason });
      logger.warn({ tenant_id: tenant, webhook, reason }, "a webhook was disabled");
    },
    failed(error) {
      recorder.increment("metrics_webhook_failures_total", {});
      logger.warn({ error }, "webhooks could not be worked on; it is tried again");
    },
  };
}
