import type { Job } from "../catalog/sources.ts";
import { POD_NAMES } from "./places.ts";

/** Services ask for a key with the role `metrics`. */
const KEYS: Partial<Readonly<Record<Job, string>>> = {
  "sark-gateway": "/etc/prometheus/secrets/sark-gateway-key",
  "sark-metrics": "/etc/prometheus/secrets/sark-metrics-key",
};
/** These run for the whole cluster, in a namespace of their own more often than not. */
const OF_THE_CLUSTER: ReadonlySet<Job> = new Set(["node", "kube-state-metrics"]);
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

const of = (meta: string) => `__meta_kubernetes_pod_${meta}`;
const annotated = (name: string) => of(`annotation_prometheus_io_${name}`);
const APP = of("label_app_kubernetes_io_name");

/** The job of what is always at one address. */
export function staticJob(job: Job, address: string): object {
  return { ...named(job), static_configs: [{ targets: [address] }] };
}

/** Public addresses that an exporter is asked about; each is the instance. */
export function probeJob(exporter: string, probed: readonly string[]): object {
  return {
    ...named("blackbox"),
    metrics_path: "/probe",
    params: { module: ["http_2xx"] },
    static_configs: [{ targets: probed }],
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target" },
      { source_labels: ["__param_target"], target_label: "instance" },
      { target_label: "__address__", replacement: exporter },
    ],
  };
}

/**
 * The pods of a job that ask for it by the annotation `prometheus.io/scrape`; `port`, `path` and `scheme` say where. A
 * pod with several ports is found once for each: they are the same target then. Pods of other namespaces are not taken
 * for a service of ours, whose key they would be sent.
 */
export function podJob(job: keyof typeof POD_NAMES): object {
  return {
    ...named(job),
    kubernetes_sd_configs: [pods(OF_THE_CLUSTER.has(job))],
    relabel_configs: [keep(APP, POD_NAMES[job]), ...byAnnotation()],
  };
}

/** All other pods of the namespace with the annotation; the job is what the label `app.kubernetes.io/name` says. */
export function otherPodsJob(): object {
  const known = Object.values(POD_NAMES).join("|");
  return {
    job_name: "pods",
    kubernetes_sd_configs: [pods(false)],
    relabel_configs: [
      { source_labels: [APP], regex: known, action: "drop" },
      ...byAnnotation(),
      { source_labels: [APP], regex: "(.+)", target_label: "job" },
    ],
  };
}

/** Containers, as each machine's kubelet counts them, asked through the API server. */
export function cadvisorJob(): object {
  return {
    ...named("cadvisor"),
    scheme: "https",
    authorization: { credentials_file: `${SERVICE_ACCOUNT}/token` },
    tls_config: { ca_file: `${SERVICE_ACCOUNT}/ca.crt` },
    kubernetes_sd_configs: [{ role: "node" }],
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_node_name"], target_label: "node" },
      {
        source_labels: ["__meta_kubernetes_node_name"],
        target_label: "__metrics_path__",
        replacement: "/api/v1/nodes/$1/proxy/metrics/cadvisor",
      },
      { target_label: "__address__", replacement: "kubernetes.default.svc:443" },
    ],
  };
}

function named(job: Job): object {
  return {
    job_name: job,
    ...(KEYS[job] === undefined ? {} : { authorization: { credentials_file: KEYS[job] } }),
  };
}

function pods(everywhere: boolean): object {
  return { role: "pod", ...(everywhere ? {} : { namespaces: { own_namespace: true } }) };
}

const keep = (label: string, regex: string) => ({ source_labels: [label], regex, action: "keep" });

function byAnnotation(): object[] {
  return [
    keep(annotated("scrape"), "true"),
    { source_labels: [of("phase")], regex: "Failed|Succeeded", action: "drop" },
    { source_labels: [annotated("scheme")], regex: "(https?)", target_label: "__scheme__" },
    { source_labels: [annotated("path")], regex: "(.+)", target_label: "__metrics_path__" },
    {
      source_labels: [of("ip"), annotated("port")],
      separator: ";",
      regex: "(.+);(\\d+)",
      target_label: "__address__",
      replacement: "$1:$2",
    },
    { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
    { source_labels: [of("name")], target_label: "pod" },
    { source_labels: [of("node_name")], target_label: "node" },
  ];
}
