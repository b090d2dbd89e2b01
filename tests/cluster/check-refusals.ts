import type { Cluster } from "./kubectl.ts";

const CASES: readonly { readonly object: object; readonly says: string }[] = [
  {
    // A pod that may be root, as an image says that is not ours.
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "intruder" },
      spec: { containers: [{ name: "intruder", image: "intruder" }] },
    },
    says: 'violates PodSecurity "restricted:latest"',
  },
  {
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "misspelt" },
      spec: { selektor: {}, ports: [{ port: 1 }] },
    },
    says: 'unknown field "spec.selektor"',
  },
];

/** That what is checked here would be found. */
export async function checkRefusals(cluster: Cluster, say: (line: string) => void): Promise<void> {
  for (const { object, says } of CASES) {
    const { code, stderr } = await cluster.result(
      "kubectl",
      ["create", "--namespace=sark", "--validate=strict", "--filename=-"],
      JSON.stringify(object),
    );
    if (code === 0 || !stderr.includes(says)) {
      throw new Error(`taken, or refused for something else than ${says}: ${stderr}`);
    }
    say(`refused: ${says}`);
  }
}
