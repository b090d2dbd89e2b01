import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Podman with a store of its own: images, containers and volumes of the machine are neither seen nor touched. */
export interface Engine {
  /** What it prints on standard output, without space around it. Rejects with what it says when it ends with another code than 0. */
  run(args: readonly string[], options?: { readonly input?: string }): Promise<string>;
  /** Both streams and the exit code, whatever it is. */
  result(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }>;
  /** Ends and removes all that it made. */
  close(): Promise<void>;
}

/** Of one command; the images are built from packages of the network. */
const DEADLINE_MS = 10 * 60_000;

/** In an empty folder, which is removed in the end. */
export function createEngine(folder: string): Engine {
  const storage = join(folder, "storage.conf");
  const settings = join(folder, "containers.conf");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    storage,
    `[storage]\ndriver = "overlay"\nrunroot = "${folder}/run"\ngraphroot = "${folder}/images"\n`,
  );
  writeFileSync(settings, containersConf(folder));
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: settings };
  const result = (args: readonly string[], input = "") =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        "podman",
        args,
        { env, timeout: DEADLINE_MS, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
          resolve({ code, stdout, stderr: error?.code === "ENOENT" ? "podman is not installed" : stderr });
        },
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  return {
    async run(args, { input } = {}) {
      const { code, stdout, stderr } = await result(args, input);
      if (code !== 0) {
        throw new Error(`podman ${args.slice(0, 2).join(" ")} (${code}): ${stderr}${stdout}`.trim());
      }
      return stdout.trim();
    },
    async result(args) {
      const { code, stdout, stderr } = await result(args);
      return { code, text: stdout + stderr };
    },
    async close() {
      await result(["rm", "--all", "--force", "--time", "0", "--volumes"]);
      await result(["system", "reset", "--force"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Of the runtime: crun refuses machines with both hierarchies of control groups. Of the limits: Podman would raise them, which it may
 * not do everywhere.
 */
function containersConf(folder: string): string {
  const limit = (flag: string): string =>
    execFileSync("sh", ["-c", `ulimit -H${flag}`], { encoding: "utf8" }).trim();
  const files = limit("n") === "unlimited" ? "1048576" : limit("n");
  return `[containers]
default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]
default_sysctls = []
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
volume_path = "${folder}/volumes"
tmp_dir = "${folder}/tmp"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`;
}
