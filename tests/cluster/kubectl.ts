import { execFile } from "node:child_process";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kubectl` or `helm` against one cluster. */
export interface Cluster {
  /** Whatever comes of it. */
  result(program: Program, args: readonly string[], input?: string): Promise<CommandResult>;
  /** Standard output. Rejects with what it says where it fails, or where the server warns of something. */
  run(program: Program, args: readonly string[], input?: string): Promise<string>;
  /** Objects of a kind in a namespace, or of the whole cluster with `null`. */
  list<T = KubernetesObject>(kind: string, namespace: string | null): Promise<readonly T[]>;
}
type Program = "kubectl" | "helm";

export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
  };
}

/** What the API server says of what it takes all the same; Helm writes it into its log. */
const WARNING = /^Warning: .*|^.*warnings\.go.*/gm;

export function createCluster(kubeconfig: string): Cluster {
  const result: Cluster["result"] = (program, args, input = "") =>
    new Promise((resolve) => {
      const child = execFile(
        program,
        args,
        { env: { ...process.env, KUBECONFIG: kubeconfig }, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
          resolve({ code, stdout, stderr });
        },
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  const run: Cluster["run"] = async (program, args, input) => {
    const { code, stdout, stderr } = await result(program, args, input);
    const warnings = stderr.match(WARNING) ?? [];
    if (code !== 0 || warnings.length > 0) {
      throw new Error(`${program} ${args.join(" ")} (${code}):\n${stderr}${code === 0 ? "" : stdout}`.trim());
    }
    return stdout;
  };
  return {
    result,
    run,
    async list<T>(kind: string, namespace: string | null) {
      const where = namespace === null ? [] : ["--namespace", namespace];
      const { items } = JSON.parse(await run("kubectl", ["get", kind, ...where, "--output=json"])) as {
        readonly items: readonly T[];
      };
      return items;
    },
  };
}
