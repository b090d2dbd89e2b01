import { setMaxListeners } from "node:events";
import { wait } from "@sark/observability/waiting";
import type { Cluster, KubernetesObject } from "./kubectl.ts";

/** What of a cluster a control plane does not bring: a machine, by its name alone, and volumes that can grow. */
const OBJECTS: readonly object[] = [
  { apiVersion: "v1", kind: "Node", metadata: { name: "machine" } },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "volumes", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "kubernetes.io/no-provisioner",
    allowVolumeExpansion: true,
  },
  ...Array.from({ length: 48 }, (_, at) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `volume-${at}` },
    spec: {
      storageClassName: "volumes",
      capacity: { storage: "1Ti" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/nowhere" },
    },
  })),
];

/** Does what machines would: says of each pod that it runs and is ready, until the signal is aborted. Nothing runs. */
export async function standInForMachines(cluster: Cluster, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal);
  await cluster.run(
    "kubectl",
    ["apply", "--filename=-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: OBJECTS }),
  );
  void (async () => {
    while (await wait(300, { signal })) {
      await startPods(cluster);
    }
  })();
}

interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly namespace: string };
  readonly status: { readonly phase: string };
}

async function startPods(cluster: Cluster): Promise<void> {
  const { stdout } = await cluster.result("kubectl", [
    "get",
    "pods",
    "--all-namespaces",
    "--field-selector=status.phase=Pending",
    "--output=json",
  ]);
  const pods = stdout === "" ? [] : (JSON.parse(stdout) as { readonly items: readonly Pod[] }).items;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const ready = { type: "Ready", status: "True", lastTransitionTime: now };
  for (const { metadata } of pods) {
    // One that was removed meanwhile has nothing to say.
    await cluster.result("kubectl", [
      "patch",
      "pod",
      metadata.name,
      "--namespace",
      metadata.namespace,
      "--subresource=status",
      "--patch",
      JSON.stringify({ status: { phase: "Running", conditions: [ready] } }),
    ]);
  }
}
