import type { Job } from "../catalog/sources.ts";

/** Addresses of what is scraped without being asked about; a job without one is not there. */
export type Addresses = Partial<Readonly<Record<Job, string>>>;

/** Everything on one machine: the example that is to be edited. */
export const LOCAL: Addresses = {
  "sark-gateway": "127.0.0.1:8000",
  "sark-metrics": "127.0.0.1:8100",
  node: "127.0.0.1:9100",
  postgres: "127.0.0.1:9187",
  redis: "127.0.0.1:9121",
  blackbox: "127.0.0.1:9115",
  "kube-state-metrics": "127.0.0.1:8080",
  cadvisor: "127.0.0.1:8085",
  prometheus: "127.0.0.1:9090",
  alertmanager: "127.0.0.1:9093",
};

/** The services of `docker-compose.monitoring.yml`, by their names there. */
export const COMPOSITION: Addresses = {
  "sark-gateway": "gateway:8000",
  "sark-metrics": "metrics-service:8100",
  node: "node-exporter:9100",
  postgres: "postgres-exporter:9187",
  redis: "redis-exporter:9121",
  blackbox: "blackbox-exporter:9115",
  prometheus: "127.0.0.1:9090",
  alertmanager: "alertmanager:9093",
};

/** The value of the label `app.kubernetes.io/name` that pods of a job have. */
export const POD_NAMES = {
  "sark-gateway": "sark-gateway",
  "sark-metrics": "sark-metrics",
  node: "node-exporter",
  postgres: "postgres-exporter",
  redis: "redis-exporter",
  "kube-state-metrics": "kube-state-metrics",
  prometheus: "prometheus",
  alertmanager: "alertmanager",
} as const satisfies Partial<Record<Job, string>>;
