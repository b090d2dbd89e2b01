import { isDeepStrictEqual } from "node:util";
import { waitUntil } from "@sark/observability/waiting";
import type { Cluster, KubernetesObject } from "./kubectl.ts";

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
  };
}
interface DaemonSet extends KubernetesObject {
  readonly status: {
    readonly observedGeneration?: number;
    readonly desiredNumberScheduled: number;
    readonly currentNumberScheduled: number;
    readonly updatedNumberScheduled?: number;
  };
}
interface Scaler extends KubernetesObject {
  readonly spec: { readonly minReplicas: number; readonly scaleTargetRef: { readonly name: string } };
}
interface DisruptionBudget extends KubernetesObject {
  readonly status: { readonly expectedPods: number; readonly disruptionsAllowed: number };
}
interface Claim extends KubernetesObject {
  readonly status: { readonly phase: string };
}

/**
 * Waits until the controllers have made of each workload of a namespace the pods that it asks for, as many as its
 * autoscaler wants at least, and bound each claim of a volume. Rejects with what is missing, and why.
 * @returns a line that says what there is
 */
export async function checkRollout(cluster: Cluster, namespace: string): Promise<string> {
  let missing: readonly string[] = [];
  const done = await waitUntil(
    async () => {
      missing = await whatIsMissing(cluster, namespace);
      return missing.length === 0;
    },
    { everyMs: 500, signal: AbortSignal.timeout(180_000) },
  );
  if (!done) {
    const events = await cluster.run("kubectl", ["events", "--namespace", namespace, "--types=Warning"]);
    throw new Error(`${namespace}:\n${missing.join("\n")}\n${events.split("\n").slice(-20).join("\n")}`);
  }
  const pods = await cluster.list("pods", namespace);
  return `${pods.length} pods`;
}

async function whatIsMissing(cluster: Cluster, namespace: string): Promise<string[]> {
  const deployments = await cluster.list<Deployment>("deployments", namespace);
  const scalers = await cluster.list<Scaler>("horizontalpodautoscalers", namespace);
  const budgets = await cluster.list<DisruptionBudget>("poddisruptionbudgets", namespace);
  const claims = await cluster.list<Claim>("persistentvolumeclaims", namespace);
  const daemons = await cluster.list<DaemonSet>("daemonsets", namespace);
  const leastOf = (name: string): number =>
    scalers.find(({ spec }) => spec.scaleTargetRef.name === name)?.spec.minReplicas ?? 1;
  return [
    ...deployments.flatMap(({ metadata, spec, status }) => {
      const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
      const least = leastOf(metadata.name);
      const seen = { observedGeneration, wanted: spec.replicas, replicas, updatedReplicas, readyReplicas };
      const all = { wanted: least, replicas: least, updatedReplicas: least, readyReplicas: least };
      const why = status.conditions?.find(({ type }) => type === "ReplicaFailure")?.message ?? "";
      return isDeepStrictEqual(seen, { observedGeneration: metadata.generation, ...all })
        ? []
        : [`Deployment ${metadata.name}: ${JSON.stringify(seen)} ${why}`];
    }),
    ...daemons
      .filter(
        ({ metadata, status }) =>
          status.observedGeneration !== metadata.generation ||
          status.desiredNumberScheduled === 0 ||
          status.currentNumberScheduled !== status.desiredNumberScheduled ||
          status.updatedNumberScheduled !== status.desiredNumberScheduled,
      )
      .map(({ metadata, status }) => `DaemonSet ${metadata.name}: ${JSON.stringify(status)}`),
    ...budgets
      .filter(
        ({ metadata, status }) =>
          status.expectedPods !== leastOf(metadata.name) || status.disruptionsAllowed !== 1,
      )
      .map(({ metadata, status }) => `PodDisruptionBudget ${metadata.name}: ${JSON.stringify(status)}`),
    ...claims
      .filter(({ status }) => status.phase !== "Bound")
      .map(({ metadata, status }) => `PersistentVolumeClaim ${metadata.name}: ${status.phase}`),
  ];
}
