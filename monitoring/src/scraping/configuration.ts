import { JOBS, type Job } from "../catalog/sources.ts";

const TARGETS: Readonly<Record<Job, string>> = {
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
/** Services ask for a key with the role `metrics`. */
const KEYS: Partial<Readonly<Record<Job, string>>> = {
  "sark-gateway": "/etc/prometheus/secrets/sark-gateway-key",
  "sark-metrics": "/etc/prometheus/secrets/sark-metrics-key",
};

/** A configuration of Prometheus: the jobs that rules and dashboards rely on, the rules, and Alertmanager. */
export function prometheusConfiguration(): object {
  return {
    global: { scrape_interval: "15s", evaluation_interval: "15s" },
    rule_files: ["rules/*.yaml", "alerts/*.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [TARGETS.alertmanager] }] }] },
    scrape_configs: JOBS.map((job) => ({
      job_name: job,
      ...(KEYS[job] === undefined ? {} : { authorization: { credentials_file: KEYS[job] } }),
      ...(job === "blackbox" ? probe() : { static_configs: [{ targets: [TARGETS[job]] }] }),
    })),
  };
}

/** The exporter is asked about addresses, and the address is the instance. */
function probe(): object {
  return {
    metrics_path: "/probe",
    params: { module: ["http_2xx"] },
    static_configs: [{ targets: ["https://sark.example.com/health"] }],
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target" },
      { source_labels: ["__param_target"], target_label: "instance" },
      { target_label: "__address__", replacement: TARGETS.blackbox },
    ],
  };
}
