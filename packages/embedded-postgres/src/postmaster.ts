import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { endWithUs } from "./end-with-us.ts";
import { freePort } from "./free-port.ts";
import { findPredecessors } from "./predecessors.ts";

/** A running server: its process and the port it listens on. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It was told to end, and takes no connections any more. */
  readonly stopping: boolean;
}

/** The server that a predecessor left on this cluster, if there is one. */
export function findRunning(directory: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(directory, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  const stopping = lines[7]?.trim() === "stopping";
  return Number.isInteger(pid) && pid > 0 && port > 0 && isPostgres(pid) ? { pid, port, stopping } : null;
}

function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
  } catch {
    return false;
  }
}

interface LaunchOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Called when processes that an earlier server left have to end first, and when others are left; with their ids. */
  readonly onWaiting?: ((pids: readonly number[]) => void) | undefined;
  /** Gives up waiting for them. */
  readonly signal?: AbortSignal | undefined;
}

interface Launched {
  readonly process: ChildProcess;
  readonly postmaster: Postmaster;
}

/** What a killed server leaves behind holds its memory until it notices: a moment, unless it is stopped or hangs. */
const HELD = "pre-existing shared memory block";
const TAKEN = "could not create any TCP/IP sockets";
const LOOK_MS = 50;
/** Tried again after so long, though the same processes are there: not all that are in the folder need be a server's. */
const RETRY_MS = 1_000;

/**
 * Starts the server on loopback and resolves when it accepts connections. What an earlier server left is waited for
 * until it ends, however long that takes; rejects when the signal is aborted meanwhile.
 */
export async function launch(
  binaries: Binaries,
  account: Account | null,
  directory: string,
  options: LaunchOptions,
): Promise<Launched> {
  let left: readonly number[] | null = null;
  for (;;) {
    try {
      return await launchOnce(binaries, account, directory, options);
    } catch (error) {
      const { message } = error as Error;
      // Another program was quicker to take a port that was free a moment ago.
      if (options.port === 0 && message.includes(TAKEN)) {
        continue;
      }
      if (!message.includes(HELD)) {
        throw error;
      }
      const pids = findPredecessors(directory);
      if (left === null || !sameAs(left, pids)) {
        options.onWaiting?.(pids);
      }
      left = pids;
      if (!(await othersLeft(directory, pids, options.signal))) {
        throw held(directory, pids, error);
      }
    }
  }
}

/** Resolves when other processes are there than these, or after a while; to `false` when the signal is aborted. */
async function othersLeft(
  directory: string,
  pids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const retryAt = performance.now() + RETRY_MS;
  return waitUntil(() => performance.now() >= retryAt || !sameAs(pids, findPredecessors(directory)), {
    everyMs: LOOK_MS,
    signal,
  });
}

function sameAs(pids: readonly number[], others: readonly number[]): boolean {
  return pids.length === others.length && pids.every((pid) => others.includes(pid));
}

function held(directory: string, pids: readonly number[], cause: unknown): Error {
  const which = pids.length === 0 ? "Processes" : `Processes ${pids.join(", ")}`;
  return new Error(`${which} of an earlier PostgreSQL still use ${directory}; end them.`, { cause });
}

/**
 * It gets a process group of its own: Ctrl-C in a terminal must reach us first, so that what is in flight is still
 * recorded.
 */
async function launchOnce(
  binaries: Binaries,
  account: Account | null,
  directory: string,
  options: LaunchOptions,
): Promise<Launched> {
  const port = options.port === 0 ? await freePort() : options.port;
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    timezone: "UTC",
    ...options.settings,
  };
  const args = ["-D", directory, "-p", String(port)];
  for (const [name, value] of Object.entries(settings)) {
    args.push("-c", `${name}=${value}`);
  }
  const child = spawn(binaries.postgres, args, {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: "/",
    detached: true,
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  // From its first moment on: it may take long to recover.
  const ended = endWithUs(() => child.kill("SIGINT"));
  child.once("exit", ended).once("error", ended);
  await accepting(child);
  child.stderr?.resume();
  child.unref();
  return { process: child, postmaster: { pid: child.pid ?? 0, port, stopping: false } };
}

async function accepting(child: ChildProcess): Promise<void> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    const onExit = (code: number | null) =>
      reject(new Error(`PostgreSQL ended (exit code ${code}): ${text.trim()}`));
    child.once("exit", onExit);
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-4_000);
      // A standby is ready, too: data that were one's start as what they were.
      if (/database system is ready to accept (?:read-only )?connections/.test(text)) {
        child.off("exit", onExit);
        resolve();
      }
    });
  });
}
