import { createTestDatabase } from "@sark/testkit";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Databases to copy, from `template-set-up.ts`. */
    auditTemplates: { readonly schema: string; readonly partitions: string };
  }
}

/**
 * An audit database of its own for one test file, as a copy: making the schema and its partitions anew takes the server
 * five times as long. `schema` is what `migrate` leaves; `partitions` is what a log leaves that was opened today.
 */
export function createAuditDatabase(content: "schema" | "partitions" = "partitions") {
  return createTestDatabase(inject("postgresUrl"), { template: inject("auditTemplates")[content] });
}
