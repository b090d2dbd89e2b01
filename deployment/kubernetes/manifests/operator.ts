import { labels, selector, type Manifest } from "./parts.ts";

/** For clusters whose Prometheus the operator runs: services are found by these, and rules by the PrometheusRule. */
export function serviceMonitors(): Manifest[] {
  return ["sark-gateway", "sark-metrics"].map((name) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { name, labels: { ...labels(name), release: "prometheus" } },
    spec: {
      // Rules and dashboards name the job by this label.
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: selector(name) },
      endpoints: [
        {
          port: "http",
          path: "/metrics",
          interval: "15s",
          authorization: { credentials: { name: "prometheus-keys", key: `${name}-key` } },
        },
      ],
    },
  }));
}
