import { join } from "node:path";
import { checkRollout } from "./check-rollout.ts";
import type { DocumentedCommands } from "./documented.ts";
import { missingReferences } from "./check-references.ts";
import type { Cluster } from "./kubectl.ts";

const K8S = join(import.meta.dirname, "../../deployment/monitoring/k8s");
/** What has its own namespace on its way, and what an environment is applied with beside it. */
const BESIDE = ["nodes", "operator", "cloudwatch"] as const;

/** How a client makes of a file and an object what is to be, or leaves that to the server. */
const WAYS: Readonly<Record<string, readonly string[]>> = { client: [], server: ["--server-side"] };

/** Every folder that users apply, one environment after the other onto the same objects, as a cluster is upgraded. */
export async function checkKustomize(
  cluster: Cluster,
  documented: DocumentedCommands,
  say: (line: string) => void,
): Promise<void> {
  for (const [way, options] of Object.entries(WAYS)) {
    await removeAll(cluster);
    for (const environment of ["development", "staging", "production"]) {
      const folder = `overlays/${environment}`;
      await apply(cluster, folder, options);
      const pods = await settled(cluster, "sark");
      // What the controllers set, as the number of replicas, is not set back by the same files.
      await expectNoDifference(cluster, folder, options);
      say(`kustomize: ${folder} applied by the ${way}, ${pods}, and a second time without a difference`);
    }
  }
  await removeAll(cluster);
  await documented.run("kubectl apply -k deployment/monitoring/k8s/overlays/production");
  say(`kustomize: applied as documented, ${await settled(cluster, "sark")}`);
  for (const folder of BESIDE) {
    await apply(cluster, folder);
    await expectNoDifference(cluster, folder);
  }
  say(`kustomize: ${BESIDE.join(", ")} beside it, ${await settled(cluster, "sark-nodes")} on one machine`);
}

/** All but the Secrets, which are made once. */
async function removeAll(cluster: Cluster): Promise<void> {
  const kinds = "all,configmaps,persistentvolumeclaims,poddisruptionbudgets,networkpolicies,serviceaccounts";
  await cluster.run("kubectl", ["delete", kinds, "--all", "--namespace=sark"]);
}

async function apply(cluster: Cluster, folder: string, options: readonly string[] = []): Promise<void> {
  const strict = ["--validate=strict", "--warnings-as-errors"];
  await cluster.run("kubectl", ["apply", "--kustomize", join(K8S, folder), ...strict, ...options]);
}

async function expectNoDifference(
  cluster: Cluster,
  folder: string,
  options: readonly string[] = [],
): Promise<void> {
  const { code, stdout, stderr } = await cluster.result("kubectl", [
    "diff",
    "--kustomize",
    join(K8S, folder),
    ...options,
  ]);
  if (code !== 0) {
    throw new Error(`${folder}, applied already, would change again:\n${stdout}${stderr}`);
  }
}

/** Waits for the pods, and that they find all that they name. */
export async function settled(cluster: Cluster, namespace: string): Promise<string> {
  const pods = await checkRollout(cluster, namespace);
  const missing = await missingReferences(cluster, namespace);
  if (missing.length > 0) {
    throw new Error(missing.join("\n"));
  }
  return pods;
}
