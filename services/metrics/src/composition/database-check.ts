import type { HealthCheck } from "@sark/observability/health";
import type { Database } from "../database/database.ts";

/** Nothing can be served without it. */
export function databaseCheck(database: Database): HealthCheck {
  return {
    name: "database",
    component: "database",
    required: true,
    intervalMs: 2_000,
    async check(signal: AbortSignal) {
      await database.check(signal);
    },
    known: () => ({ ...database.pool }),
  };
}
