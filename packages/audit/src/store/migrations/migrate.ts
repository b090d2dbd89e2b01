import { join } from "node:path";
import { runMigrations, undoMigrations, type MigrationOptions } from "../../postgres/migrations.ts";

const SCRIPTS: Omit<MigrationOptions, "connectionString"> = {
  folder: join(import.meta.dirname, "../../../migrations"),
  table: "audit_migrations",
  name: "sark-audit-migrate",
};

/** Brings the database to the newest schema. Safe to call from several processes at once. */
export async function migrate(
  connectionString: string,
  options: Pick<MigrationOptions, "leaseMs"> = {},
): Promise<readonly string[]> {
  return runMigrations({ ...SCRIPTS, ...options, connectionString });
}

/** Takes back every migration after `to` (all of them for `null`), newest first. Their data are lost. */
export async function rollback(connectionString: string, to: string | null): Promise<readonly string[]> {
  return undoMigrations({ ...SCRIPTS, connectionString }, to);
}
