import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import { TIME_WINDOWS } from "../domain/kpis.ts";
import type { AnomalyObserver } from "../kpis/anomalies.ts";
import type { KpiObserver } from "../kpis/observer.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { TENANTS } from "./tenant-label.ts";

const LIMIT = { lines: 10, perMs: 60_000 };

export function createKpiEvents(deps: {
  readonly recorder: Recorder<JobCatalog>;
  readonly logger: Logger;
}): KpiObserver {
  const { recorder } = deps;
  const unlimited = deps.logger.child({ component: "kpis" });
  const logger = limitLines(unlimited, LIMIT);
  return {
    exported: (fields) => unlimited.info(fields, "KPIs of a tenant"),
    counted({ tenant, activeUsers }) {
      // A gauge of `other` would be that of whichever tenant came last.
      if (!recorder.introduce(TENANTS, tenant)) {
        return;
      }
      for (const window of TIME_WINDOWS) {
        recorder.set(
          "metrics_active_users_total",
          { tenant_id: tenant, time_window: window },
          activeUsers[window],
        );
      }
    },
    countFailed(tenant, error) {
      recorder.increment("metrics_kpi_refresh_failures_total", {});
      logger.warn({ tenant_id: tenant, error }, "the KPIs of a tenant could not be counted");
    },
  };
}

export function createAnomalyEvents(deps: {
  readonly recorder: Recorder<JobCatalog>;
  readonly logger: Logger;
}): AnomalyObserver {
  const logger = limitLines(deps.logger.child({ component: "kpis" }), LIMIT);
  return {
    found(tenant, { hour, team, mean, usual, deviation }) {
      const direction = deviation < 0 ? ("low" as const) : ("high" as const);
      deps.recorder.increment("metrics_score_anomalies_total", { tenant_id: tenant, direction });
      const fields = { tenant_id: tenant, team, hour: new Date(hour).toISOString(), mean, usual, deviation };
      logger.warn(fields, "the scores of an hour are far from the usual");
    },
  };
}
