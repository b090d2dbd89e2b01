import { bounded } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

/** Of Prometheus about itself. */
export const prometheusCatalog = {
  prometheus_config_last_reload_successful: gauge("Whether the newest configuration is in use."),
  prometheus_notifications_alertmanagers_discovered: gauge("Alertmanagers that alerts are sent to."),
  prometheus_notifications_dropped_total: counter("Alerts that reached no Alertmanager."),
  prometheus_notifications_queue_capacity: gauge("Alerts that may wait to be sent."),
  prometheus_notifications_queue_length: gauge("Alerts that wait to be sent."),
  prometheus_rule_evaluation_failures_total: counter("Evaluations of rules that failed.", "1", {
    rule_group: bounded(100),
  }),
  prometheus_rule_evaluations_total: counter("Evaluations of rules.", "1", { rule_group: bounded(100) }),
  prometheus_rule_group_iterations_missed_total: counter(
    "Evaluations that were left out for want of time.",
    "1",
    {
      rule_group: bounded(100),
    },
  ),
  prometheus_target_scrapes_exceeded_sample_limit_total: counter("Scrapes that had too many samples."),
  prometheus_tsdb_head_series: gauge("Series that are written to."),
} as const;
