import type { CurrentKpis } from "../domain/kpis.ts";

/** What is found out of tenants now and then. Implementations must not throw. */
export interface KpiObserver {
  counted(kpis: CurrentKpis): void;
  /** They are to be in the log, as fields of a line of which CloudWatch makes metrics. */
  exported(fields: Readonly<Record<string, unknown>>): void;
  countFailed(tenant: string, error: unknown): void;
}
