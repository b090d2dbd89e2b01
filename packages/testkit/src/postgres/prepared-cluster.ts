import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { prepareCluster } from "@sark/embedded-postgres";
import { makeDataFolder } from "./data-folder.ts";
import { guardAgainstLeftovers } from "./leftover-guard.ts";

/** Says in the environment, so that programs of tests know it, too, where the prepared cluster is. */
const PLACE = "SARK_TEST_CLUSTER";
/** To prove a password by SCRAM takes client and server half of the processor time of a connection. */
const TRUST = "host all all 127.0.0.1/32 trust\n";

/**
 * Makes one cluster that no server runs on, for all that this process and those it starts ask `startPostgres` for: a
 * copy takes a tenth of the processor time. It trusts every connection from this machine. Removed by the result.
 */
export async function provideCluster(): Promise<() => void> {
  const folder = makeDataFolder({ flushed: false });
  const releaseGuard = guardAgainstLeftovers(null, folder);
  const wanted = join(folder, "cluster");
  const directory = await prepareCluster(wanted);
  // Elsewhere it would not be removed with the folder.
  if (directory === wanted) {
    writeFileSync(join(directory, "pg_hba.conf"), TRUST);
    process.env[PLACE] = directory;
  }
  return () => {
    delete process.env[PLACE];
    releaseGuard();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Leaves a copy at `directory`, which is not there yet, or nothing where none was prepared. */
export async function copyPreparedCluster(directory: string): Promise<void> {
  const prepared = process.env[PLACE];
  if (prepared !== undefined) {
    // With its owner: the server may run under another account.
    await promisify(execFile)("cp", ["-a", prepared, directory]);
  }
}
