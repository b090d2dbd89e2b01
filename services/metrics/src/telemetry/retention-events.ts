import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { PurgeObserver } from "../retention/purge.ts";
import type { RetentionObserver } from "../retention/retention.ts";
import type { JobCatalog } from "./job-catalog.ts";

export function createRetentionEvents(deps: {
  readonly recorder: Recorder<JobCatalog>;
  readonly logger: Logger;
}): RetentionObserver & PurgeObserver {
  const logger = deps.logger.child({ component: "retention" });
  return {
    deleted({ tenant, table, rows }) {
      deps.recorder.increment("metrics_retention_deleted_rows_total", { table }, rows);
      logger.info({ tenant_id: tenant, table, rows }, "rows that were too old are deleted");
    },
    purged({ table, rows }) {
      deps.recorder.increment("metrics_retention_deleted_rows_total", { table }, rows);
      logger.info({ table, rows }, "records that were kept for long enough are deleted");
    },
  };
}
