import { createAuditLog } from "../audit-log.ts";
import { migrate } from "../migrations/migrate.ts";

/** Leaves what a log leaves that was opened today, schema and partitions, for tests that copy it. */
export async function prepareAuditDatabase(connectionString: string): Promise<void> {
  await migrate(connectionString);
  const log = createAuditLog({ connectionString });
  await log.check(new AbortController().signal);
  await log.close();
}
