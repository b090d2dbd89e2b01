import type { TestProject } from "vitest/node";
import { provideCluster } from "./prepared-cluster.ts";
import { startPostgres, UNFLUSHED } from "./start-postgres.ts";

/**
 * One PostgreSQL for a whole test run: `inject("postgresUrl")`. Tests make databases of their own in it
 * (`createTestDatabase`); those that break the server start one for themselves (`startPostgres`).
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const removeCluster = await provideCluster();
  const postgres = await startPostgres({ settings: UNFLUSHED });
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await postgres.stop();
    removeCluster();
  };
}
