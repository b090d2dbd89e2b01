import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import { freePort } from "@sark/embedded-postgres";
import { stopProcess } from "../stop-process.ts";
import { findOpa } from "./find-opa.ts";

export interface OpaOptions {
  /** File names and their Rego, or a folder that has them. Default: none. */
  readonly policies?: Readonly<Record<string, string>> | string;
  /** Loads them as a bundle of this revision, which responses then carry. A bundle's policies cannot be changed by `putPolicy`. */
  readonly revision?: string;
  /** Default: `findOpa()`. */
  readonly executable?: string;
}

export interface OpaHandle {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Adds or replaces a policy; rejects with what OPA says when the Rego is wrong. */
  putPolicy(id: string, rego: string): Promise<void>;
  deletePolicy(id: string): Promise<void>;
  /** Stops the process where it stands: connections are accepted, and nothing responds. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Starts a real `opa run --server` on a free port of 127.0.0.1, with decision ids. */
export async function startOpa(options: OpaOptions = {}): Promise<OpaHandle> {
  const executable = options.executable ?? findOpa();
  if (executable === null) {
    throw new Error("opa was not found; ask requireServer('opa') before starting it");
  }
  const folder = await mkdtemp(join(tmpdir(), "opa-"));
  try {
    const source = await writePolicies(folder, options);
    const { child, url } = await launch(executable, source);
    return handle(child, url, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Arguments that load the policies. */
async function writePolicies(folder: string, { policies = {}, revision }: OpaOptions): Promise<string[]> {
  const flag = revision === undefined ? [] : ["--bundle"];
  if (typeof policies === "string") {
    if (revision !== undefined) {
      throw new Error("give the policies as texts to load them as a bundle");
    }
    return [policies];
  }
  for (const [name, rego] of Object.entries(policies)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, rego);
  }
  if (revision !== undefined) {
    await writeFile(join(folder, ".manifest"), JSON.stringify({ revision }));
  }
  return [...flag, folder];
}

async function launch(executable: string, source: string[]): Promise<{ child: ChildProcess; url: string }> {
  // OPA does not say which port it got when asked for any, so one is picked here, and another may take it first.
  for (let attempt = 1; ; attempt++) {
    const url = `http://127.0.0.1:${await freePort()}`;
    const address = url.slice("http://".length);
    const label = randomUUID();
    const settings = ["--set", "decision_logs.console=true", "--set", `labels.testkit=${label}`];
    const quiet = ["--skip-version-check", "--log-level", "error"];
    const child = spawn(
      executable,
      ["run", "--server", "--addr", address, ...settings, ...quiet, ...source],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    process.once("exit", () => child.kill("SIGKILL"));
    // A failure to spawn shows as a missing pid.
    child.once("error", () => {});
    const output = keepLast(child, 4_000);
    if (await becomesHealthy(child, url, label)) {
      return { child, url };
    }
    await stop(child);
    if (attempt === 5 || !output().includes("address already in use")) {
      throw new Error(`opa did not start (exit code ${child.exitCode}): ${output().trim()}`);
    }
  }
}

async function becomesHealthy(child: ChildProcess, url: string, label: string): Promise<boolean> {
  const ended = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  let healthy = false;
  await waitUntil(async () => ended() || (healthy = await responses(url, label)), { everyMs: 20 });
  return healthy;
}

/** Whether it is there and loaded, and is the process meant: another one may have taken the port. */
async function responses(url: string, label: string): Promise<boolean> {
  try {
    const health = await fetch(`${url}/health?bundles`);
    await health.body?.cancel();
    return health.ok && (await (await fetch(`${url}/v1/config`)).text()).includes(label);
  } catch {
    return false;
  }
}

function handle(child: ChildProcess, url: string, folder: string): OpaHandle {
  const policy = async (method: "PUT" | "DELETE", id: string, body?: string) => {
    const response = await fetch(`${url}/v1/policies/${id}`, { method, ...(body !== undefined && { body }) });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`opa refused ${method} of policy ${id}: ${text}`);
    }
  };
  return {
    url,
    putPolicy: (id, rego) => policy("PUT", id, rego),
    deletePolicy: (id) => policy("DELETE", id),
    pause() {
      if (child.pid !== undefined) {
        stopProcess(child.pid);
      }
    },
    resume: () => void child.kill("SIGCONT"),
    async close() {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, "exit");
  // Nothing in it is worth a graceful end, and a stopped process does not hear SIGTERM.
  child.kill("SIGKILL");
  await exited;
}

function keepLast(child: ChildProcess, characters: number): () => string {
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (kept = (kept + text).slice(-characters)));
  }
  return () => kept;
}
