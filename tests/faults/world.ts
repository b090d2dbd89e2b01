import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@sark/audit";
import { startPostgres, type TemporaryPostgres } from "@sark/testkit";
import { startBuilder, type BuilderProcess } from "./builder-process.ts";
import { startCuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { POISON, startReceivers, type Receiver } from "./receivers.ts";
import { startReplica, type Replica } from "./replicas.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

/** What the check needs, and what faults are done to. */
export interface World {
  readonly postgres: TemporaryPostgres;
  /** Of the audit database, past the proxy. */
  readonly url: string;
  readonly proxy: CuttingProxy;
  readonly replicas: readonly Replica[];
  /** As many as there are replicas. */
  readonly receivers: readonly Receiver[];
  readonly builder: BuilderProcess;
  /** Holds the database and the spools; `null` where nothing may be mounted. */
  readonly disk: SmallDisk | null;
  close(): Promise<void>;
}

/** Calls that a replica has under way at once. */
export const CALLERS = 4;

/** Files that Node.js runs: of a replica, and of what builds the log. */
export interface FaultPrograms {
  readonly replica: string;
  readonly builder: string;
}

/** Starts everything, one replica for each mode; `pauseMs` is how long each of its callers rests between records. */
export async function startWorld(options: {
  readonly modes: readonly ("closed" | "spool")[];
  readonly pauseMs: number;
  readonly programs: FaultPrograms;
}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sark-faults-"));
  // The server may run under another account, which has to get to its data.
  chmodSync(folder, 0o755);
  const diskFolder = join(folder, "disk");
  mkdirSync(diskFolder);
  const disk = mountSmallDisk(diskFolder);
  const undo: (() => unknown)[] = [
    () => {
      disk?.unmount();
      rmSync(folder, { recursive: true, force: true });
    },
  ];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      await step();
    }
  };
  try {
    const postgres = await startPostgres({
      dataDir: join(diskFolder, "data"),
      settings: { max_wal_size: "128MB" },
    });
    undo.push(() => postgres.stop());
    const url = await postgres.createDatabase();
    await migrate(url);
    const proxy = await startCuttingProxy(postgres.port);
    undo.push(() => proxy.close());
    const throughProxy = url.replace(`:${postgres.port}/`, `:${proxy.port}/`);
    const builder = startBuilder(options.programs.builder, url, folder);
    undo.push(() => builder.kill());
    const receivers = await startReceivers();
    undo.push(() => Promise.all(receivers.map((receiver) => receiver.close())));
    const replicas = options.modes.map((whenDown, index) =>
      startReplica(options.programs.replica, {
        name: `replica-${index}`,
        connectionString: throughProxy,
        whenDown,
        spoolDirectory: join(diskFolder, `spool-${index}`),
        oracleFile: join(folder, `oracle-${index}`),
        destinations: receivers.map(({ destination }) => destination),
        leaseMs: 1_000,
        poison: POISON,
        callers: CALLERS,
        pauseMs: options.pauseMs,
      }),
    );
    undo.push(() => Promise.all(replicas.map((replica) => replica.kill())));
    return { postgres, url, proxy, replicas, receivers, builder, disk, close };
  } catch (error) {
    await close();
    throw error;
  }
}
