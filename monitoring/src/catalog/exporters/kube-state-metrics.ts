import { bounded, oneOf } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const namespace = bounded(100);
const pod = { namespace, pod: bounded(1000), uid: bounded(1000) };
const container = { ...pod, container: bounded(100) };
const resource = { ...container, node: bounded(1000), resource: bounded(20), unit: bounded(10) };
const deployment = { namespace, deployment: bounded(100) };
const statefulset = { namespace, statefulset: bounded(100) };
const autoscaler = { namespace, horizontalpodautoscaler: bounded(100) };
const yesNo = oneOf("true", "false", "unknown");

/** Of kube-state-metrics: what the API of Kubernetes says of objects. */
export const kubeStateCatalog = {
  kube_deployment_spec_replicas: gauge("Pods that a deployment should have.", "1", deployment),
  kube_deployment_status_replicas: gauge("Pods that it has.", "1", deployment),
  kube_deployment_status_replicas_available: gauge("Pods that are available.", "1", deployment),
  kube_deployment_status_replicas_ready: gauge("Pods that are ready.", "1", deployment),
  kube_deployment_status_replicas_unavailable: gauge("Pods that are not available.", "1", deployment),
  kube_horizontalpodautoscaler_spec_max_replicas: gauge("Pods that there may be.", "1", autoscaler),
  kube_horizontalpodautoscaler_status_current_replicas: gauge("Pods that there are.", "1", autoscaler),
  kube_pod_container_resource_limits: gauge("What a container may use.", "1", resource),
  kube_pod_container_resource_requests: gauge("What a container asks for.", "1", resource),
  kube_pod_container_status_last_terminated_reason: gauge("Why a container ended last.", "1", {
    ...container,
    reason: bounded(20, [
      "Completed",
      "Error",
      "OOMKilled",
      "ContainerCannotRun",
      "DeadlineExceeded",
      "Evicted",
    ]),
  }),
  kube_pod_container_status_ready: gauge("Whether a container is ready.", "1", container),
  kube_pod_container_status_restarts_total: counter("Restarts of a container.", "1", container),
  kube_pod_container_status_running: gauge("Whether a container runs.", "1", container),
  kube_pod_container_status_waiting_reason: gauge("Why a container waits.", "1", {
    ...container,
    reason: bounded(20, [
      "ContainerCreating",
      "CrashLoopBackOff",
      "CreateContainerConfigError",
      "CreateContainerError",
      "ErrImagePull",
      "ImagePullBackOff",
      "InvalidImageName",
    ]),
  }),
  kube_pod_status_phase: gauge("Phase of a pod.", "1", {
    ...pod,
    phase: oneOf("Pending", "Running", "Succeeded", "Failed", "Unknown"),
  }),
  kube_pod_status_ready: gauge("Whether a pod is ready.", "1", { ...pod, condition: yesNo }),
  kube_statefulset_replicas: gauge("Pods that a stateful set should have.", "1", statefulset),
  kube_statefulset_status_replicas_ready: gauge("Pods that are ready.", "1", statefulset),
  kube_node_status_condition: gauge("Conditions of a node.", "1", {
    node: bounded(1000),
    condition: bounded(20, ["Ready", "DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"]),
    status: yesNo,
  }),
} as const;
