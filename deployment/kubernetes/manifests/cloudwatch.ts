import { labels, selector, serviceAccount, type Manifest } from "./parts.ts";

const NAME = "cloudwatch-agent";

/** Metrics of machines, and what containers write, as the agent of CloudWatch sends them. */
const AGENT = {
  agent: { metrics_collection_interval: 60 },
  metrics: {
    namespace: "SARK",
    append_dimensions: { InstanceId: "${aws:InstanceId}" },
    aggregation_dimensions: [["InstanceId"]],
    metrics_collected: {
      cpu: {
        measurement: ["cpu_usage_idle", "cpu_usage_user", "cpu_usage_system", "cpu_usage_iowait"],
        totalcpu: true,
      },
      disk: { measurement: ["used_percent", "inodes_free"], resources: ["*"] },
      diskio: { measurement: ["io_time", "reads", "writes"], resources: ["*"] },
      mem: { measurement: ["mem_used_percent", "mem_available"] },
      swap: { measurement: ["swap_used_percent"] },
    },
  },
  logs: {
    logs_collected: {
      files: {
        collect_list: ["sark-gateway", "sark-metrics"].map((name) => ({
          file_path: `/var/log/containers/${name}-*.log`,
          log_group_name: `/sark/containers/${name}`,
          log_stream_name: "{hostname}",
          timezone: "UTC",
        })),
      },
    },
    force_flush_interval: 5,
  },
};

/** On every machine, with the rights of an IAM role that its service account stands for. */
export function cloudWatchAgent(): Manifest[] {
  return [
    serviceAccount(NAME, true),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: NAME, labels: labels(NAME) },
      data: { "cwagentconfig.json": `${JSON.stringify(AGENT, null, 2)}\n` },
    },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: NAME, labels: labels(NAME) },
      spec: {
        selector: { matchLabels: selector(NAME) },
        template: {
          metadata: { labels: labels(NAME) },
          spec: {
            serviceAccountName: NAME,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 60,
            tolerations: [{ operator: "Exists" }],
            containers: [
              {
                name: NAME,
                image: "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:1.300059.0",
                resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
                // It reads files of containers, which belong to root.
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                volumeMounts: [
                  { name: "config", mountPath: "/etc/cwagentconfig", readOnly: true },
                  { name: "logs", mountPath: "/var/log", readOnly: true },
                  { name: "containers", mountPath: "/var/lib/docker/containers", readOnly: true },
                ],
              },
            ],
            volumes: [
              { name: "config", configMap: { name: NAME } },
              { name: "logs", hostPath: { path: "/var/log" } },
              { name: "containers", hostPath: { path: "/var/lib/docker/containers" } },
            ],
          },
        },
      },
    },
  ];
}
