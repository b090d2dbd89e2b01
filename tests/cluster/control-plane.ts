import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { requireServer } from "@sark/testkit";
import { createCluster } from "./kubectl.ts";

/** Kubernetes without machines: its API server with its store, and the controllers that make pods of Deployments. */
export interface ControlPlane {
  /** File by which `kubectl` and `helm` find it, as an administrator. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** The programs, as `requireServer` knows them. */
export const NEEDED = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "helm"] as const;

/** On 127.0.0.1, with its files in a folder that the caller removes. Ask `requireServer` for each of `NEEDED` before. */
export async function startControlPlane(folder: string): Promise<ControlPlane> {
  mkdirSync(folder, { recursive: true });
  const running: Running[] = [];
  const start = (name: (typeof NEEDED)[number], args: readonly string[]): void =>
    void running.push(startProgram(name, args, folder));
  const close = async (): Promise<void> => {
    for (const { child } of running.toReversed()) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
    }
  };
  try {
    const [store, peers, port] = [await freePort(), await freePort(), await freePort()];
    start("etcd", etcdArguments(join(folder, "etcd"), store, peers));
    const key = serviceAccountKey(folder);
    const token = randomBytes(16).toString("hex");
    start("kube-apiserver", apiServerArguments(folder, { store, port, key, token }));
    const url = `https://127.0.0.1:${port}`;
    const certificate = join(folder, "certificates/apiserver.crt");
    const kubeconfig = writeKubeconfig(folder, { url, certificate, token });
    const cluster = createCluster(kubeconfig);
    await waitUntil(
      async () => {
        for (const { name, child, log } of running) {
          if (child.exitCode !== null) {
            throw new Error(`${name} has ended: ${readFileSync(log, "utf8").slice(-3_000)}`);
          }
        }
        return (await cluster.result("kubectl", ["get", "--raw=/readyz"])).code === 0;
      },
      { everyMs: 500 },
    );
    start("kube-controller-manager", [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${key}`,
      `--root-ca-file=${certificate}`,
      "--leader-elect=false",
      "--secure-port=0",
    ]);
    return { kubeconfig, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly log: string;
}

function startProgram(name: (typeof NEEDED)[number], args: readonly string[], folder: string): Running {
  const executable = requireServer(name);
  if (executable === null) {
    throw new Error(`${name} is not installed`);
  }
  const log = join(folder, `${name}.log`);
  const descriptor = openSync(log, "w");
  const child = spawn(executable, args, { cwd: folder, stdio: ["ignore", descriptor, descriptor] });
  closeSync(descriptor);
  process.once("exit", () => child.kill("SIGKILL"));
  return { name, child, log };
}

const etcdArguments = (data: string, port: number, peers: number): string[] => [
  `--data-dir=${data}`,
  `--listen-client-urls=http://127.0.0.1:${port}`,
  `--advertise-client-urls=http://127.0.0.1:${port}`,
  `--listen-peer-urls=http://127.0.0.1:${peers}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peers}`,
  `--initial-cluster=default=http://127.0.0.1:${peers}`,
  // Nothing of it has to outlive the machine.
  "--unsafe-no-fsync",
];

function apiServerArguments(
  folder: string,
  { store, port, key, token }: { store: number; port: number; key: string; token: string },
): string[] {
  const tokens = join(folder, "tokens.csv");
  writeFileSync(tokens, `${token},administrator,administrator,system:masters\n`, { mode: 0o600 });
  return [
    `--etcd-servers=http://127.0.0.1:${store}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, "certificates")}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    "--authorization-mode=RBAC",
    `--token-auth-file=${tokens}`,
    // A loopback address is no endpoint of a service; pods that would ask for it do not run.
    "--endpoint-reconciler-type=none",
    // As in clusters that there are: what may be privileged is for Pod Security to say.
    "--allow-privileged=true",
  ];
}

function serviceAccountKey(folder: string): string {
  const file = join(folder, "service-accounts.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  return file;
}

/** JSON is YAML. */
function writeKubeconfig(
  folder: string,
  { url, certificate, token }: { url: string; certificate: string; token: string },
): string {
  const file = join(folder, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "cluster",
    contexts: [{ name: "cluster", context: { cluster: "cluster", user: "administrator" } }],
    clusters: [{ name: "cluster", cluster: { server: url, "certificate-authority": certificate } }],
    users: [{ name: "administrator", user: { token } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
