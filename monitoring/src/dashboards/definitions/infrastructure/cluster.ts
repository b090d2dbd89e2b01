import { series } from "../../../promql/series.ts";
import { sum } from "../../../promql/expressions.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { stat } from "../../panels/stat.ts";
import { stackedArea, timeSeries } from "../../panels/time-series.ts";

const READY = { condition: "Ready", status: "true" } as const;

export const clusterSection: Section = {
  title: "Cluster",
  panels: [
    stat({
      title: "Nodes",
      description: "Nodes that the cluster knows, and those whose kubelet does not say that it can run pods.",
      unit: "short",
      queries: [
        {
          expr: `count(${series("kube_node_status_condition", READY)}) - ${sum(series("kube_node_status_condition", READY))}`,
          legend: "not ready",
        },
        { expr: `count(${series("kube_node_status_condition", READY)})`, legend: "known" },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      colors: { known: "blue" },
      links: [runbook("KubernetesNodeNotReady")],
      width: 6,
      height: 8,
    }),
    stackedArea({
      title: "Pods by Phase",
      description:
        "Pods that wait for a node are pending: there is no room for them, or their image is not there.",
      unit: "short",
      decimals: 0,
      queries: [{ expr: `${sum(series("kube_pod_status_phase"), "phase")} > 0`, legend: "{{phase}}" }],
      links: [runbook("KubernetesNodeNotReady")],
      width: 9,
      height: 8,
    }),
    timeSeries({
      title: "Autoscaling",
      description:
        "Pods that each autoscaler has started, and how many it may. Where they meet, more load is not met by more pods.",
      unit: "short",
      decimals: 0,
      queries: [
        {
          expr: `max by (namespace, horizontalpodautoscaler) (${series("kube_horizontalpodautoscaler_status_current_replicas")})`,
          legend: "{{namespace}}/{{horizontalpodautoscaler}}",
        },
        {
          expr: `max by (namespace, horizontalpodautoscaler) (${series("kube_horizontalpodautoscaler_spec_max_replicas")})`,
          legend: "{{namespace}}/{{horizontalpodautoscaler}} at most",
        },
      ],
      links: [runbook("AutoscalerAtMaximum")],
      width: 9,
      height: 8,
    }),
    timeSeries({
      title: "Pods Missing",
      description: "Pods that a deployment should have and that are not available.",
      unit: "short",
      decimals: 0,
      queries: [
        {
          expr: sum(series("kube_deployment_status_replicas_unavailable"), "namespace", "deployment"),
          legend: "{{namespace}}/{{deployment}}",
        },
      ],
      legend: "table",
      links: [runbook("GatewayDown")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Restarts, Last Hour",
      description:
        "Containers that ended and were started again. Again and again: look at why the last one ended.",
      unit: "short",
      decimals: 0,
      queries: [
        {
          expr: sum(
            `increase(${series("kube_pod_container_status_restarts_total")}[1h])`,
            "namespace",
            "container",
          ),
          legend: "{{namespace}}/{{container}}",
        },
      ],
      legend: "table",
      links: [runbook("GatewayDown")],
      width: 12,
      height: 8,
    }),
  ],
};
