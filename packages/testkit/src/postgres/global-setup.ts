import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

/**
 * One PostgreSQL for a whole test run: `inject("postgresUrl")`. Tests make databases of their own in it
 * (`createTestDatabase`); those that break the server start one for themselves (`startPostgres`).
 * It is not flushed to disk: nothing here outlives the run.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ settings: { fsync: "off", full_page_writes: "off" } });
  project.provide("postgresUrl", postgres.url);
  return () => postgres.stop();
}
