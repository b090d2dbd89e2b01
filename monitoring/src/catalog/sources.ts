import { catalog as gateway } from "@sark/gateway/metrics";
import { catalog as metricsService } from "@sark/metrics-service/metrics";
import { bounded, oneOf, type MetricDefinition } from "@sark/observability/metrics";
import { alertmanagerCatalog } from "./exporters/alertmanager.ts";
import { blackboxCatalog } from "./exporters/blackbox.ts";
import { cadvisorCatalog } from "./exporters/cadvisor.ts";
import { kubeStateCatalog } from "./exporters/kube-state-metrics.ts";
import { nodeCatalog } from "./exporters/node.ts";
import { postgresCatalog } from "./exporters/postgres.ts";
import { prometheusCatalog } from "./exporters/prometheus.ts";
import { redisCatalog } from "./exporters/redis.ts";

/**
 * What is scraped, by the value that the label `job` has for it. `monitoring/prometheus/prometheus.yml` gives it; rules
 * and dashboards rely on it. The exporters are written in Go and expose `process_*`, too: a query for those of a
 * service names its job.
 */
export const SOURCES = {
  "sark-gateway": gateway,
  "sark-metrics": metricsService,
  node: nodeCatalog,
  postgres: postgresCatalog,
  redis: redisCatalog,
  blackbox: blackboxCatalog,
  "kube-state-metrics": kubeStateCatalog,
  cadvisor: cadvisorCatalog,
  prometheus: prometheusCatalog,
  alertmanager: alertmanagerCatalog,
} as const satisfies Record<string, Readonly<Record<string, MetricDefinition>>>;
export type Job = keyof typeof SOURCES;
export const JOBS = Object.keys(SOURCES) as readonly Job[];

/** What Prometheus itself writes about each target. */
export const OF_TARGETS = {
  up: { type: "gauge", help: "Whether the last scrape of a target succeeded.", unit: "1" },
  scrape_duration_seconds: { type: "gauge", help: "How long the last scrape took.", unit: "seconds" },
  scrape_samples_scraped: { type: "gauge", help: "Samples of the last scrape.", unit: "1" },
} as const satisfies Record<string, MetricDefinition>;

/** What Prometheus writes about alerts: with the labels of the alert, not of a target. */
export const OF_ALERTS = {
  ALERTS: {
    type: "gauge",
    help: "Alerts that are pending or firing.",
    unit: "1",
    labels: {
      alertname: bounded(1000),
      alertstate: oneOf("pending", "firing"),
      severity: oneOf("critical", "warning", "info", "none"),
      component: bounded(50),
      team: bounded(50),
    },
  },
} as const satisfies Record<string, MetricDefinition>;
