import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";

/** A PostgreSQL and the standby that takes over its address, without what was committed since they parted. */
export interface LaggingStandby {
  /** Connection string of a database, the same before and after. */
  readonly url: string;
  /** From here on the standby receives nothing. The server is restarted meanwhile. */
  part(): Promise<void>;
  /** The server dies, and the standby is at its address: one that can be read, and takes nothing yet. */
  takeOver(): Promise<void>;
  /** The standby becomes the server to write to. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server; `prepare` is given its database before anything else. */
export async function startLaggingStandby(prepare: (url: string) => Promise<void>): Promise<LaggingStandby> {
  const primary = await startPostgres({ settings: UNFLUSHED });
  const url = await primary.createDatabase();
  await prepare(url);
  const [place] = await queryDatabase<{ data_directory: string }>(primary.url, "SHOW data_directory");
  const directory = place?.data_directory ?? "";
  const copy = join(dirname(directory), "standby");
  let standby: TemporaryPostgres | null = null;
  return {
    url,
    async part() {
      await primary.kill();
      // With its owner: the server may run under another account.
      execFileSync("cp", ["-a", directory, copy]);
      closeSync(openSync(join(copy, "standby.signal"), "w"));
      await primary.restart();
    },
    async takeOver() {
      await primary.kill();
      standby = await startPostgres({ dataDir: copy, port: primary.port, settings: UNFLUSHED });
    },
    async promote() {
      await queryDatabase(url, "SELECT pg_promote()");
    },
    async stop() {
      await standby?.stop();
      await primary.stop();
    },
  };
}
