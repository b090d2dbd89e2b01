import { createTestDatabase } from "@sark/testkit";
import type { TestProject } from "vitest/node";
import { migrate } from "../migrations/migrate.ts";
import { prepareAuditDatabase } from "./prepare-audit-database.ts";

/** Once per test run: the databases that `createAuditDatabase` copies. */
export async function setup(project: TestProject): Promise<void> {
  const { postgresUrl } = project.getProvidedContext();
  const schema = await createTestDatabase(postgresUrl);
  await migrate(schema.url);
  const partitions = await createTestDatabase(postgresUrl, { template: schema.url });
  await prepareAuditDatabase(partitions.url);
  project.provide("auditTemplates", { schema: schema.url, partitions: partitions.url });
}
