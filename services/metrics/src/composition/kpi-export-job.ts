import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { JobDefinition } from "../domain/jobs.ts";
import type { CurrentKpiSource } from "../domain/kpis.ts";
import { toEmbeddedMetrics } from "../kpis/embedded-metrics.ts";
import type { KpiObserver } from "../kpis/observer.ts";
import { oldestTenants } from "../kpis/refresh.ts";

/** Writes the KPIs of tenants to the log for CloudWatch, once a minute for all replicas: written by each of them, sums would be too high. */
export function kpiExportJob(
  config: Pick<MetricsConfig, "environment" | "kpis">,
  deps: {
    readonly database: Pick<Database, "asPlatform">;
    readonly kpis: CurrentKpiSource;
    readonly observer: KpiObserver;
  },
): readonly JobDefinition[] {
  const { embeddedMetrics } = config.kpis;
  if (embeddedMetrics === undefined) {
    return [];
  }
  const { database, kpis, observer } = deps;
  const settings = { namespace: embeddedMetrics.namespace, environment: config.environment };
  return [
    {
      name: "kpi_export",
      schedule: "* * * * *",
      tenants: null,
      async run({ signal }) {
        for (const tenant of await oldestTenants(database, embeddedMetrics.maxTenants)) {
          if (signal.aborted) {
            return;
          }
          try {
            observer.exported(toEmbeddedMetrics(await kpis.current(tenant), settings));
          } catch (error) {
            // Tried again, the others would be there twice: the next minute has them all.
            observer.countFailed(tenant, error);
          }
        }
      },
    },
  ];
}
