import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { JobDefinition } from "../domain/jobs.ts";
import { createRetention } from "../retention/retention.ts";
import { deleteRollups, settle } from "../rollups/settle.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface RetentionJobDependencies {
  readonly database: Pick<Database, "asPlatform">;
  readonly telemetry: Pick<Telemetry, "retention">;
  /** Rows of the tenant are deleted: what was read of it is not good any more. */
  deleted(tenant: string): void;
}

export function retentionJob(
  settings: Pick<MetricsConfig["retention"], "eventDays" | "rollupDays" | "notice">,
  { database, telemetry, deleted }: RetentionJobDependencies,
): JobDefinition {
  const retention = createRetention({
    database,
    rollups: { settle, deleteRollups },
    settings: { ...settings, noticeMs: settings.notice },
    observer: {
      deleted(event) {
        deleted(event.tenant);
        telemetry.retention.deleted(event);
      },
    },
  });
  return {
    name: "retention",
    schedule: "*/20 * * * *",
    tenants: () => allTenants(database),
    run: async ({ tenant, signal }) => (tenant === null ? undefined : retention.run(tenant, signal)),
  };
}

export async function allTenants(database: Pick<Database, "asPlatform">): Promise<readonly string[]> {
  const { rows } = await database.asPlatform("tenants", (tx) =>
    tx.query<{ tenant_id: string }>("SELECT tenant_id FROM metrics.tenants"),
  );
  return rows.map(({ tenant_id }) => tenant_id);
}
