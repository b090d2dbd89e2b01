import { wait } from "@sark/observability/waiting";
import type { Database } from "../database/database.ts";
import type { CurrentKpiSource } from "../domain/kpis.ts";
import type { KpiObserver } from "./observer.ts";

/** Counts the KPIs of tenants again and again, for metrics: one tenant after the other, so that it takes one connection. */
export function refreshKpis(options: {
  readonly database: Pick<Database, "asPlatform">;
  readonly source: CurrentKpiSource;
  readonly observer: KpiObserver;
  readonly everyMs: number;
  /** As many as have metrics of their own. */
  readonly maxTenants: number;
}): { close(): Promise<void> } {
  const { database, source, observer } = options;
  const stopping = new AbortController();

  async function refresh(): Promise<void> {
    for (const tenant of await oldestTenants(database, options.maxTenants)) {
      if (stopping.signal.aborted) {
        return;
      }
      try {
        observer.counted(await source.current(tenant));
      } catch (error) {
        observer.countFailed(tenant, error);
      }
    }
  }

  async function loop(): Promise<void> {
    do {
      await refresh().catch((error: unknown) => observer.countFailed("", error));
    } while (await wait(options.everyMs, { signal: stopping.signal, ref: false }));
  }
  const ended = loop();
  return {
    async close() {
      stopping.abort();
      await ended;
    },
  };
}

/** Those that are not suspended, as many of them as that. */
export async function oldestTenants(
  database: Pick<Database, "asPlatform">,
  max: number,
): Promise<readonly string[]> {
  const { rows } = await database.asPlatform("tenants", (tx) =>
    tx.query<{ tenant_id: string }>(
      "SELECT tenant_id FROM metrics.tenants WHERE suspended_at IS NULL ORDER BY created_at, tenant_id LIMIT $1",
      [max],
    ),
  );
  return rows.map(({ tenant_id }) => tenant_id);
}
