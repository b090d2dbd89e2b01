import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { vi } from "vitest";
import { programFile } from "./programs/program-file.ts";
import { ROOT } from "./programs/programs.ts";
import { UNHURRIED_ENVIRONMENT } from "./unhurried.ts";

/** In the environment of a gateway: everyone may do everything, by a policy that is read in no time. */
export const EVERYONE_MAY = {
  SARK_POLICY_DIRECTORY: join(import.meta.dirname, "policies-for-everyone"),
} as const;

/** The gateway as a process of its own. */
export interface GatewayProcess {
  readonly pid: number;
  /** Where it says that it listens. */
  url(): string;
  /** All of standard error so far, the welcome included. */
  stderr(): string;
  /** All of standard output so far. */
  stdout(): string;
  /** Stands still as a reader of its output, until `readAgain`. */
  stopReading(): void;
  readAgain(): void;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  /** Pids of its processes, itself included. */
  family(): number[];
}

/** Spawns it with nothing but these settings; does not wait. With `npm`, the process is npm's. */
export function spawnGateway(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly npm?: boolean;
  /** The sources, the way `npm start` runs them, for tests of the start itself; else the bundle. */
  readonly sources?: boolean;
}): GatewayProcess {
  const { PATH = "", HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  const [command, ...args] = options.npm ? ["npm", "start", "--"] : [process.execPath, gatewayFile(options)];
  const child = spawn(command ?? "", [...args, ...(options.args ?? [])], {
    cwd: ROOT,
    env: {
      PATH,
      HOME,
      NODE_COMPILE_CACHE,
      SARK_HTTP_PORT: "0",
      ...UNHURRIED_ENVIRONMENT,
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const pid = child.pid ?? 0;
  return {
    pid,
    url: () => /^SARK gateway: (\S+)$/m.exec(stderr)?.[1] ?? "",
    stderr: () => stderr,
    stdout: () => stdout,
    stopReading: () => [child.stdout, child.stderr].forEach((stream) => stream.pause()),
    readAgain: () => [child.stdout, child.stderr].forEach((stream) => stream.resume()),
    kill: (signal) => void child.kill(signal),
    exited: once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals),
    family: () => [pid, ...descendantsOf(pid)],
  };
}

function gatewayFile({ sources }: { readonly sources?: boolean }): string {
  return programFile("gateway", sources === true ? "sources" : "bundle");
}

/** Waits for the welcome; fails with what the process said when it ends before. */
export async function untilReady(gateway: GatewayProcess): Promise<void> {
  const ended = gateway.exited.then((how) => {
    throw new Error(`the gateway ended (${how}): ${gateway.stderr()}`);
  });
  const ready = vi.waitFor(
    () => {
      if (!gateway.stderr().includes("Ctrl-C ends everything.")) {
        throw new Error("not ready");
      }
    },
    { timeout: 60_000, interval: 25 },
  );
  await Promise.race([ready, ended]);
}

function descendantsOf(ancestor: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  const found: number[] = [];
  collect(ancestor);
  return found;

  function collect(parent: number): void {
    for (const [pid, ppid] of rows) {
      if (ppid !== parent) {
        continue;
      }
      found.push(pid);
      collect(pid);
    }
  }
}

/** Those of the pids that still are processes; zombies are not. */
export function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  });
}

/** Asks the embedded database of a data directory, while its gateway runs. */
export async function askEmbedded(dataDirectory: string, sql: string): Promise<Record<string, unknown>[]> {
  const cluster = join(dataDirectory, "postgres");
  const port = Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[3]);
  const password = readFileSync(join(cluster, "sark.password"), "utf8").trim();
  const client = new pg.Client({ host: "127.0.0.1", port, user: "sark", password, database: "postgres" });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
