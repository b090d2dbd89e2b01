import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { AuditError } from "../errors.ts";
import { waitForLock } from "./advisory-locks.ts";
import { connectClient, createClient } from "./client.ts";
import { LEASE_MS } from "./session-defaults.ts";
import { inTransaction } from "./transaction.ts";

/** Numbered scripts, `NNNN_name.up.sql` with `NNNN_name.down.sql`, and where it is noted which were applied. */
export interface MigrationOptions {
  readonly connectionString: string;
  readonly folder: string;
  /** Table of the migrations that were applied; made when it is missing. */
  readonly table: string;
  /** How the database names the connection. */
  readonly name: string;
  /** A process that stands still in the middle loses its turn after so long, in milliseconds. Default 15,000. */
  readonly leaseMs?: number;
}

interface Migration {
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** Of the `up` script: an edited one must not pass for the one that was applied. */
  readonly checksum: string;
}

/** Brings the database to the newest schema. Safe to call from several processes at once. */
export async function runMigrations(options: MigrationOptions): Promise<readonly string[]> {
  return withLock(options, async (client, migrations, applied) => {
    const done: string[] = [];
    for (const migration of migrations) {
      if (applied.has(migration.name)) {
        continue;
      }
      await inTransaction(client, async () => {
        await client.query(migration.up);
        await client.query(`INSERT INTO ${options.table} (name, checksum) VALUES ($1, $2)`, [
          migration.name,
          migration.checksum,
        ]);
      });
      done.push(migration.name);
    }
    return done;
  });
}

/** Takes back every migration after `to` (all of them for `null`), newest first. Their data are lost. */
export async function undoMigrations(
  options: MigrationOptions,
  to: string | null,
): Promise<readonly string[]> {
  return withLock(options, async (client, migrations, applied) => {
    if (to !== null && !migrations.some(({ name }) => name === to)) {
      throw new AuditError("migration_mismatch", `There is no migration "${to}".`);
    }
    const undone: string[] = [];
    for (const migration of migrations.toReversed()) {
      if (migration.name === to) {
        break;
      }
      if (!applied.has(migration.name)) {
        continue;
      }
      await inTransaction(client, async () => {
        await client.query(migration.down);
        await client.query(`DELETE FROM ${options.table} WHERE name = $1`, [migration.name]);
      });
      undone.push(migration.name);
    }
    return undone;
  });
}

async function withLock<T>(
  { connectionString, folder, table, name, leaseMs = LEASE_MS }: MigrationOptions,
  work: (client: pg.Client, migrations: Migration[], applied: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  const migrations = await readMigrations(folder);
  // When it breaks between two statements, the next one tells.
  const client = createClient({ connectionString, name }, () => undefined);
  await connectClient(client, { inTransactionMs: leaseMs, idleMs: leaseMs }).catch((cause: unknown) => {
    throw new AuditError("store_unavailable", "Cannot connect to the database.", { cause });
  });
  try {
    await waitForLock(client, "migration");
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${table} (
         name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    return await work(client, migrations, await readApplied(client, table, migrations));
  } finally {
    await client.end();
  }
}

async function readApplied(
  client: pg.Client,
  table: string,
  migrations: readonly Migration[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `SELECT name, checksum FROM ${table}`,
  );
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of rows) {
    const expected = known.get(name);
    if (expected === undefined) {
      throw new AuditError(
        "migration_mismatch",
        `The database has migration "${name}", which this version does not know: it was written by a newer one.`,
      );
    }
    if (expected !== checksum) {
      throw new AuditError(
        "migration_mismatch",
        `Migration "${name}" was edited after it was applied; add a new one instead.`,
      );
    }
  }
  return new Set(rows.map(({ name }) => name));
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".up.sql")).sort();
  return Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -".up.sql".length);
      const up = await readFile(join(folder, file), "utf8");
      const down = await readFile(join(folder, `${name}.down.sql`), "utf8");
      return { name, up, down, checksum: createHash("sha256").update(up).digest("hex") };
    }),
  );
}
