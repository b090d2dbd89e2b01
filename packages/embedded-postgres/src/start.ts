import type { ChildProcess } from "node:child_process";
import { reachableBinaries, reachableDirectory, serverAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { openCluster } from "./cluster.ts";
import { endWithUs } from "./end-with-us.ts";
import { untilEnded } from "./process-end.ts";
import { findRunning, launch, type Postmaster } from "./postmaster.ts";

/** How often a server that is to be kept running is looked after, in milliseconds. */
const LOOK_MS = 500;

export interface EmbeddedPostgres {
  /** Connection string of the database `postgres`, password included. */
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  /** Where the data are; differs from what was asked for if root's server account could not reach that. */
  readonly directory: string;
  /** `fast` breaks connections and shuts down cleanly; `immediate` is a crash. Resolves when the process has ended. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
}

/**
 * A real PostgreSQL on loopback, its data in `directory`. The first call makes the cluster (about a second); later
 * ones find it, and even take over a server that a killed predecessor left running.
 * Works as root too, by running the server under an account without rights.
 */
export async function startEmbeddedPostgres(options: {
  readonly directory: string;
  /** 0, the default, picks a free port. */
  readonly port?: number;
  /** Server settings, e.g. `{ max_connections: "200" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Starts the server again, at its port, when it ends by itself or is killed. Default false. */
  readonly keepRunning?: boolean;
  /**
   * Called when processes that an earlier server left have to end first, and again when others of them are left; with
   * their ids, as far as they are known. They are waited for however long that takes.
   */
  onWaiting?(pids: readonly number[]): void;
  /** Gives up waiting for them: the start rejects. */
  readonly signal?: AbortSignal;
}): Promise<EmbeddedPostgres> {
  const { account, binaries, cluster } = await prepare(options.directory);
  const { directory } = cluster;

  let child: ChildProcess | undefined;
  const stopping = new AbortController();
  const signals = [stopping.signal, ...(options.signal === undefined ? [] : [options.signal])];
  async function start(port: number): Promise<Postmaster> {
    const launched = await launch(binaries, account, directory, {
      port,
      settings: options.settings ?? {},
      onWaiting: options.onWaiting,
      signal: AbortSignal.any(signals),
    });
    child = launched.process;
    return launched.postmaster;
  }
  let postmaster = (await findServing(directory, options)) ?? (await start(options.port ?? 0));
  // One that was taken over is no child of ours.
  const leave = child === undefined ? endWithUs(() => tellToEnd(directory, postmaster.pid)) : () => undefined;

  let again: Promise<void> | undefined;
  async function startAgain(): Promise<void> {
    if (findRunning(directory) !== null) {
      return;
    }
    try {
      postmaster = await start(postmaster.port);
    } catch {
      // What its sessions left may still be in use; the next look comes soon.
    }
  }
  function look(): void {
    again ??= startAgain().finally(() => {
      again = undefined;
    });
  }
  const looking = options.keepRunning === true ? setInterval(look, LOOK_MS).unref() : undefined;

  return {
    url: `postgres://${cluster.user}:${cluster.password}@127.0.0.1:${postmaster.port}/postgres`,
    port: postmaster.port,
    get pid() {
      return postmaster.pid;
    },
    directory,
    async stop(mode = "fast") {
      clearInterval(looking);
      stopping.abort();
      await again;
      await stop(postmaster.pid, child, mode === "fast" ? "SIGINT" : "SIGQUIT");
      leave();
    },
  };
}

/** One that a predecessor told to end is waited for: it serves no one, and another one cannot start before it has ended. */
async function findServing(
  directory: string,
  { onWaiting, signal }: Pick<Parameters<typeof startEmbeddedPostgres>[0], "onWaiting" | "signal">,
): Promise<Postmaster | null> {
  const running = findRunning(directory);
  if (running === null || !running.stopping) {
    return running;
  }
  onWaiting?.([running.pid]);
  await untilEnded(running.pid, signal);
  return findRunning(directory);
}

/** Unless another process has its id by now. */
function tellToEnd(directory: string, pid: number): void {
  if (findRunning(directory)?.pid === pid) {
    process.kill(pid, "SIGINT");
  }
}

/** Makes the cluster as the first start does, and starts nothing; resolves to where its data are. */
export async function prepareCluster(directory: string): Promise<string> {
  return (await prepare(directory)).cluster.directory;
}

async function prepare(wanted: string) {
  const account = serverAccount();
  const binaries = await reachableBinaries(await findBinaries(), account);
  const cluster = await openCluster(reachableDirectory(wanted, account), binaries, account);
  return { account, binaries, cluster };
}

async function stop(
  pid: number,
  child: ChildProcess | undefined,
  signal: "SIGINT" | "SIGQUIT",
): Promise<void> {
  if (child !== undefined && (child.exitCode !== null || child.signalCode !== null)) {
    return;
  }
  child?.ref();
  const ended =
    child === undefined
      ? untilEnded(pid)
      : new Promise<unknown>((resolve) => child.once("exit", () => resolve(undefined)));
  try {
    process.kill(pid, signal);
  } catch {
    return;
  }
  await ended;
}
