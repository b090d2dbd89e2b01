import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres, untilEnded } from "@sark/embedded-postgres";
import { makeDataFolder } from "./data-folder.ts";
import { copyPreparedCluster } from "./prepared-cluster.ts";
import { guardAgainstLeftovers } from "./leftover-guard.ts";
import { stopProcess } from "../stop-process.ts";
import { createTestDatabase } from "./test-database.ts";

export interface PostgresOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Where its data are; a folder given here is kept by `stop`. Default: a temporary one, deleted by `stop`. */
  readonly dataDir?: string;
  /** Server settings, e.g. `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Settings that leave the flushing to the operating system, and the data in memory where there is room. What was
 * committed outlives each death of the server all the same, `kill` included; only a crash of the machine would show the
 * difference. Not for measurements. No vacuum comes by itself: databases of tests live for seconds. Backends read for
 * themselves, from memory: no other processes do it for them.
 */
export const UNFLUSHED = {
  fsync: "off",
  full_page_writes: "off",
  autovacuum: "off",
  io_method: "sync",
} as const;

/** A PostgreSQL of its own for a test, with the faults that tests need. It does not outlive this process. */
export interface TemporaryPostgres {
  /** Connection string of the database `postgres`. It stays the same over `restart`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Makes a database, empty or a copy of `template` (by name or connection string); resolves to its connection string. */
  createDatabase(options?: { readonly template?: string }): Promise<string>;
  /** SIGKILL to the whole server: a crash. Resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, after `kill` or a clean stop. */
  restart(): Promise<void>;
  /** SIGSTOP: the server accepts connections and never responds. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<TemporaryPostgres> {
  const settings: Readonly<Record<string, string>> = { max_connections: "200", ...options.settings };
  const folder =
    options.dataDir === undefined ? makeDataFolder({ flushed: settings["fsync"] !== "off" }) : null;
  const directory = options.dataDir ?? join(folder ?? "", "data");
  if (folder !== null) {
    await copyPreparedCluster(directory);
  }
  let server = await startEmbeddedPostgres({ directory, settings, port: options.port ?? 0 });
  const { url, port } = server;
  let releaseGuard = guardAgainstLeftovers(server.pid, folder);

  const signalAll = (signal: NodeJS.Signals): void => {
    for (const pid of [server.pid, ...childrenOf(server.pid)]) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
          throw error;
        }
      }
    }
  };

  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    async createDatabase(wanted) {
      return (await createTestDatabase(url, wanted)).url;
    },
    async kill() {
      const pids = [server.pid, ...childrenOf(server.pid)];
      signalAll("SIGKILL");
      await server.stop("immediate");
      // A new server does not start while a process of the old one still holds its shared memory.
      await Promise.all(pids.map((pid) => untilEnded(pid)));
    },
    async restart() {
      await server.stop();
      server = await startEmbeddedPostgres({ directory, port, settings });
      releaseGuard();
      releaseGuard = guardAgainstLeftovers(server.pid, folder);
    },
    pause() {
      // The postmaster first, so that it starts no further backend meanwhile.
      stopProcess(server.pid);
      for (const pid of childrenOf(server.pid)) {
        stopProcess(pid);
      }
    },
    resume: () => signalAll("SIGCONT"),
    async stop() {
      signalAll("SIGCONT");
      await server.stop(folder === null ? "fast" : "immediate");
      releaseGuard();
      if (folder !== null) {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Each backend leads a process group of its own, so that the postmaster's group does not reach them. */
function childrenOf(parent: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, ppid]) => ppid === parent)
    .map(([pid]) => pid ?? 0);
}
