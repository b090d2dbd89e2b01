import { createTestDatabase } from "@sark/testkit";
import { openDatabase, type Database } from "../database/database.ts";
import { migrateMetrics } from "../database/migrate.ts";

/** A migrated database for a test, with the service's own view of it. */
export async function createMetricsDatabase(postgresUrl: string): Promise<{
  readonly url: string;
  readonly database: Database;
  drop(): Promise<void>;
}> {
  const created = await createTestDatabase(postgresUrl);
  await migrateMetrics(created.url);
  const database = await openDatabase({
    connectionString: created.url,
    maxConnections: 4,
    statementTimeoutMs: 60_000,
    observer: { transactionEnded: () => undefined },
  });
  return {
    url: created.url,
    database,
    async drop() {
      await database.close();
      await created.drop();
    },
  };
}
