import { join } from "node:path";
import { runMigrations, undoMigrations } from "@sark/audit/postgres";

const SETTINGS = {
  folder: join(import.meta.dirname, "../../migrations"),
  table: "metrics_migrations",
  name: "sark-metrics-migrate",
};

/** Brings the tables of the service to their newest form. `connectionString`: of a login that may make roles. */
export function migrateMetrics(connectionString: string): Promise<readonly string[]> {
  return runMigrations({ ...SETTINGS, connectionString });
}

/** Takes back every migration after `to` (all of them for `null`), newest first. What they alone hold is lost. */
export function rollBackMetrics(connectionString: string, to: string | null): Promise<readonly string[]> {
  return undoMigrations({ ...SETTINGS, connectionString }, to);
}
