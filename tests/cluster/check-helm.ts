import { join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import { settled } from "./check-kustomize.ts";
import type { DocumentedCommands } from "./documented.ts";
import type { Cluster } from "./kubectl.ts";

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
    await cluster.run("helm", ["upgrade", "--install", "sark", CHART, "--namespace=sark", ...values, ...ALL]);
    const pods = await settled(cluster, "sark");
    const ofNodes = await settled(cluster, "sark-nodes");
    say(`helm: values of ${environment} with all parts, ${pods}, ${ofNodes} on one machine`);
  }
  // Of a second installation nothing may be what the first one has.
  await cluster.run("helm", ["install", "sark", CHART, "--namespace=sark-too", "--create-namespace"]);
  await cluster.run("helm", ["uninstall", "sark", "--namespace=sark-too"]);
  say("helm: a second installation in the same cluster, removed again");
  await uninstall(cluster, "sark");
}

async function uninstall(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.run("helm", ["uninstall", "sark", "--namespace", namespace, "--wait"]);
  await waitUntil(async () => (await cluster.list("pods", namespace)).length === 0, { everyMs: 500 });
}
