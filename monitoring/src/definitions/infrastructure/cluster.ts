import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const READY = `max by (node) (${series("kube_node_status_condition", { condition: "Ready", status: "true" })})`;
const CURRENT = `max by (namespace, horizontalpodautoscaler) (${series("kube_horizontalpodautoscaler_status_current_replicas")})`;
const MAX = `max by (namespace, horizontalpodautoscaler) (${series("kube_horizontalpodautoscaler_spec_max_replicas")})`;
const REACHED = `min by (instance) (${series("probe_success")})`;
const SCALER = 'namespace="sark", horizontalpodautoscaler="gateway"';
/** Without the rounding of a quotient: 9 of 10 are below. */
const FULL = 0.99;

/** The cluster, its autoscaling, and the addresses by which clients reach it. */
export const clusterAlerts: readonly Alert[] = [
  {
    name: "KubernetesNodeNotReady",
    when: { value: READY, is: "==", threshold: 0 },
    for: "5m",
    severity: "critical",
    component: "host",
    team: "platform",
    summary: "A node of the cluster is not ready",
    description: "The node {{ $labels.node }} is ready: {{ $value }} (0 is no), for 5 minutes.",
    runbook: {
      meaning:
        "The control plane has not heard from the node's kubelet, or the kubelet says that it cannot run pods.",
      impact: "Its pods are started on other nodes after some minutes, as far as these have room.",
      diagnosis: [
        {
          look: "What does the cluster say of it?",
          command: "kubectl describe nodes | grep -A 12 Conditions:",
        },
        {
          look: "Which pods are not ready?",
          command: ask('sum by (namespace, pod) (kube_pod_status_ready{condition="false"})'),
        },
      ],
      remedy: ["Replace the node: drain it, and have the node group (EKS: the managed one) start another."],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'kube_node_status_condition{node="n-1", condition="Ready", status="true"}',
          firing: 0,
          under: 1,
        },
      ],
      says: "The node n-1 is ready: 0 (0 is no), for 5 minutes.",
      labels: { node: "n-1" },
    },
  },
  {
    name: "AutoscalerAtMaximum",
    when: { value: `${CURRENT} / ${MAX}`, is: ">", threshold: FULL },
    for: "15m",
    severity: "warning",
    component: "host",
    team: "platform",
    summary: "An autoscaler has started as many pods as it may",
    description:
      "The autoscaler {{ $labels.horizontalpodautoscaler }} of {{ $labels.namespace }} has {{ $value | humanizePercentage }} of the pods that it may have, for 15 minutes.",
    runbook: {
      meaning: "More load would not be met by more pods. It is time to plan for more.",
      impact: "None yet. With more load latency grows, and calls are refused for want of room.",
      diagnosis: [
        {
          look: "How many are there, of how many?",
          command: ask(
            "kube_horizontalpodautoscaler_status_current_replicas / kube_horizontalpodautoscaler_spec_max_replicas",
          ),
        },
        { look: "What has it scaled for?", command: "kubectl describe hpa" },
      ],
      remedy: [
        "Wanted load: raise `maxReplicas`, and see that the nodes have room for it (docs/sizing.md has figures).",
        "Else find who causes it: the dashboards show callers and tenants.",
      ],
    },
    window: 1,
    proof: {
      inputs: [
        { series: `kube_horizontalpodautoscaler_status_current_replicas{${SCALER}}`, firing: 10, under: 9 },
        { series: `kube_horizontalpodautoscaler_spec_max_replicas{${SCALER}}`, firing: 10, under: 10 },
      ],
      says: "The autoscaler gateway of sark has 100% of the pods that it may have, for 15 minutes.",
      labels: { namespace: "sark", horizontalpodautoscaler: "gateway" },
    },
  },
  {
    name: "EndpointUnreachable",
    when: { value: REACHED, is: "==", threshold: 0 },
    for: "2m",
    severity: "critical",
    component: "host",
    team: "platform",
    summary: "A public address does not respond as it should",
    description: "The probe of {{ $labels.instance }} succeeds: {{ $value }} (0 is no), for 2 minutes.",
    runbook: {
      meaning:
        "Seen from outside, as clients see it: the name, the network, the load balancer or what stands behind it does not respond.",
      impact: "Clients cannot reach the service at this address, whatever its own metrics say.",
      diagnosis: [
        { look: "How far does the probe come?", command: ask("probe_http_duration_seconds") },
        {
          look: "Does the name resolve, and how long does that take?",
          command: ask("probe_dns_lookup_time_seconds"),
        },
        { look: "What does it respond with? 0: nothing.", command: ask("probe_http_status_code") },
      ],
      remedy: [
        "502 or 503: the load balancer has no target that is well; look at the service.",
        "Nothing: the name, the security groups or the load balancer itself; look at what was changed last.",
      ],
    },
    window: 1,
    proof: {
      inputs: [{ series: 'probe_success{instance="https://sark.example"}', firing: 0, under: 1 }],
      says: "The probe of https://sark.example succeeds: 0 (0 is no), for 2 minutes.",
      labels: { instance: "https://sark.example" },
    },
  },
];
