import type { CurrentKpis } from "../domain/kpis.ts";

/** What is found out of tenants now and then. Implementations must not throw. */
export interface KpiObserver {
  counted(kpis: CurrentKpis): void;
  countFailed(tenant: string, error: unknown): void;
}
