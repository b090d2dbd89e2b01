import { join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import { settled } from "./check-kustomize.ts";
import type { DocumentedCommands } from "./documented.ts";
import type { Cluster, KubernetesObject } from "./kubectl.ts";

const CHART = join(import.meta.dirname, "../../deployment/monitoring/helm/sark");
const VALUES: Readonly<Record<string, readonly string[]>> = {
  development: [],
  staging: ["--values", join(CHART, "values-staging.yaml")],
  production: ["--values", join(CHART, "values-production.yaml")],
};
const ALL = ["--set", "operator.enabled=true", "--set", "cloudwatch.enabled=true"];

/** Installed as documented, then with all parts from one environment to the next, and beside a second one. */
export async function checkHelm(
  cluster: Cluster,
  documented: DocumentedCommands,
  say: (line: string) => void,
): Promise<void> {
  await documented.run("helm install sark");
  say(`helm: installed as documented, ${await settled(cluster, "sark")}`);
  await uninstall(cluster, "sark");
  for (const [environment, values] of Object.entries(VALUES)) {
    const upgrade = ["upgrade", "--install", "sark", CHART, "--namespace=sark", ...values, ...ALL];
    await cluster.run("helm", upgrade);
    const pods = await settled(cluster, "sark");
    const ofNodes = await settled(cluster, "sark-nodes");
    const before = await templatesOf(cluster);
    await cluster.run("helm", upgrade);
    if ((await templatesOf(cluster)) !== before) {
      throw new Error(`an upgrade to the same values (${environment}) would start pods again`);
    }
    say(
      `helm: values of ${environment} with all parts, ${pods}, ${ofNodes} on one machine, which the same upgrade leaves alone`,
    );
  }
  // Of a second installation nothing may be what the first one has.
  await cluster.run("helm", ["install", "sark", CHART, "--namespace=sark-too", "--create-namespace"]);
  await cluster.run("helm", ["uninstall", "sark", "--namespace=sark-too"]);
  say("helm: a second installation in the same cluster, removed again");
  await uninstall(cluster, "sark");
}

/** What pods are made of: where it changes, they start again. */
async function templatesOf(cluster: Cluster): Promise<string> {
  const deployments = await cluster.list<KubernetesObject & { readonly spec: { readonly template: object } }>(
    "deployments",
    "sark",
  );
  return JSON.stringify(deployments.map(({ metadata, spec }) => [metadata.name, spec.template]));
}

async function uninstall(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.run("helm", ["uninstall", "sark", "--namespace", namespace, "--wait"]);
  await waitUntil(async () => (await cluster.list("pods", namespace)).length === 0, { everyMs: 500 });
}
