// npm run cluster [-- --keep]
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requireServer } from "@sark/testkit";
import { checkHelm } from "./check-helm.ts";
import { checkKustomize } from "./check-kustomize.ts";
import { checkRefusals } from "./check-refusals.ts";
import { NEEDED, startControlPlane } from "./control-plane.ts";
import { documentedCommands } from "./documented.ts";
import { createCluster, type Cluster } from "./kubectl.ts";
import { standInForMachines } from "./machines.ts";

const { values } = parseArgs({ options: { keep: { type: "boolean" } } });
const missing = NEEDED.filter((name) => requireServer(name) === null);
if (missing.length > 0) {
  console.error(`Not installed: ${missing.join(", ")}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "sark-cluster-"));
const ended = new AbortController();
const say = (line: string): void => console.log(line);
const plane = await startControlPlane(join(folder, "control-plane"));
try {
  const cluster = createCluster(plane.kubeconfig);
  await standInForMachines(cluster, ended.signal);
  await installOperatorTypes(cluster);
  const { serverVersion } = JSON.parse(await cluster.run("kubectl", ["version", "--output=json"])) as {
    readonly serverVersion: { readonly gitVersion: string };
  };
  say(`up: Kubernetes ${serverVersion.gitVersion} without machines, KUBECONFIG=${plane.kubeconfig}`);
  const documented = documentedCommands(join(folder, "page"), plane.kubeconfig);
  await documented.run("create secret generic sark-postgres");
  say("secrets: made as documented");
  await checkHelm(cluster, documented, say);
  await checkKustomize(cluster, documented, say);
  await checkRefusals(cluster, say);
  if (values.keep === true) {
    say("Ctrl-C ends it.");
    await once(process, "SIGINT");
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  ended.abort();
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

/** Types of the Prometheus operator, from its Go module, of the version whose schemas `monitoring` has. */
async function installOperatorTypes(cluster: Cluster): Promise<void> {
  const { Dir } = JSON.parse(
    execFileSync(
      "go",
      ["mod", "download", "-json", "github.com/prometheus-operator/prometheus-operator@v0.93.0"],
      { encoding: "utf8" },
    ),
  ) as { readonly Dir: string };
  for (const name of ["servicemonitors", "prometheusrules"]) {
    const file = join(Dir, `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`);
    await cluster.run("kubectl", ["apply", "--server-side", "--filename", file]);
    await cluster.run("kubectl", [
      "wait",
      "--for=condition=Established",
      `customresourcedefinition/${name}.monitoring.coreos.com`,
    ]);
  }
}
