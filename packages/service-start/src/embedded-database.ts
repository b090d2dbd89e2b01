import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NoEmbeddedPostgresError, startEmbeddedPostgres } from "@sark/embedded-postgres";
import { ConfigurationError } from "@sark/settings";
import { claimDirectory } from "./claim-directory.ts";
import type { Cleanup } from "./cleanup.ts";

/**
 * Starts the PostgreSQL in the data directory, which no other process may use meanwhile. Resolves to its connection string.
 * Rejects with `ConfigurationError` where there is none to start, as in an image.
 *
 * @param onWaiting called with the ids of processes of an earlier PostgreSQL that have to end first
 * @param setting the variable that gives the process another data directory
 */
export async function embeddedDatabase(
  dataDirectory: string,
  onWaiting: (pids: readonly number[]) => void,
  cleanups: Cleanup[],
  setting = "SARK_DATA_DIRECTORY",
): Promise<string> {
  cleanups.push(claimDirectory(dataDirectory, setting));
  const postgres = await startEmbeddedPostgres({
    directory: join(dataDirectory, "postgres"),
    keepRunning: true,
    onWaiting,
  }).catch((error: unknown) => {
    throw error instanceof NoEmbeddedPostgresError
      ? new ConfigurationError(error.message, { cause: error })
      : error;
  });
  cleanups.push(() => postgres.stop());
  // For tools on this machine, which find the database by it while it runs.
  const file = join(dataDirectory, "database.url");
  writeFileSync(file, `${postgres.url}\n`, { mode: 0o600 });
  cleanups.push(() => rmSync(file, { force: true }));
  return postgres.url;
}
