import { bounded, oneOf } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const integration = bounded(20, ["email", "pagerduty", "slack", "webhook"]);

/** Of Alertmanager about itself. */
export const alertmanagerCatalog = {
  alertmanager_alerts: gauge("Alerts, by state.", "1", {
    state: oneOf("active", "suppressed", "unprocessed"),
  }),
  alertmanager_config_last_reload_successful: gauge("Whether the newest configuration is in use."),
  alertmanager_notifications_failed_total: counter("Notifications that failed.", "1", { integration }),
  alertmanager_notifications_total: counter("Notifications.", "1", { integration }),
  alertmanager_silences: gauge("Silences, by state.", "1", { state: oneOf("active", "expired", "pending") }),
} as const;
