import type { Database } from "../database/database.ts";
import type { CurrentKpis, CurrentKpiSource } from "../domain/kpis.ts";
import type { PublishEvent } from "./publish.ts";

/** KPIs that a webhook can be told of when they cross a bound. */
export const THRESHOLD_KPIS = [
  "active_users_1h",
  "active_users_24h",
  "active_users_7d",
  "events_1h",
  "mean_score_1h",
] as const;
export type ThresholdKpi = (typeof THRESHOLD_KPIS)[number];

export const DIRECTIONS = ["above", "below"] as const;

export interface Threshold {
  readonly kpi: ThresholdKpi;
  readonly direction: (typeof DIRECTIONS)[number];
  readonly bound: number;
}

export interface ThresholdWatch {
  /** Tenants with a threshold. */
  tenants(): Promise<readonly string[]>;
  /** Tells of each threshold that was crossed since it was looked at last, or is not any more: once, however many look. */
  run(tenant: string): Promise<void>;
}

interface Row extends Record<string, unknown> {
  readonly webhook_id: string;
  readonly kpi: ThresholdKpi;
  readonly direction: Threshold["direction"];
  readonly bound: number;
  readonly is_crossed: boolean;
}

const TENANTS = `SELECT DISTINCT t.tenant_id FROM metrics.webhook_thresholds t
JOIN metrics.webhooks w USING (tenant_id, webhook_id) WHERE w.disabled_at IS NULL`;

export function createThresholdWatch(
  database: Pick<Database, "asPlatform">,
  kpis: CurrentKpiSource,
  publish: PublishEvent,
): ThresholdWatch {
  return {
    async tenants() {
      const { rows } = await database.asPlatform("webhooks", (tx) =>
        tx.query<{ tenant_id: string }>(TENANTS),
      );
      return rows.map(({ tenant_id }) => tenant_id);
    },
    async run(tenant) {
      const now = await kpis.current(tenant);
      await database.asPlatform("webhooks", async (tx) => {
        // Locked in one order: who looks at the same time waits, and then finds nothing new.
        const { rows } = await tx.query<Row>(
          `SELECT t.webhook_id, t.kpi, t.direction, t.bound, t.is_crossed
           FROM metrics.webhook_thresholds t JOIN metrics.webhooks w USING (tenant_id, webhook_id)
           WHERE t.tenant_id = $1 AND w.disabled_at IS NULL
           ORDER BY t.webhook_id, t.kpi, t.direction FOR UPDATE OF t`,
          [tenant],
        );
        for (const row of rows) {
          const value = valueOf(row.kpi, now);
          // No score is neither a high nor a low one.
          if (value === null || isCrossed(row, value) === row.is_crossed) {
            continue;
          }
          await tx.query(
            `UPDATE metrics.webhook_thresholds SET is_crossed = NOT is_crossed
             WHERE tenant_id = $1 AND webhook_id = $2 AND kpi = $3 AND direction = $4`,
            [tenant, row.webhook_id, row.kpi, row.direction],
          );
          const { kpi, direction, bound, is_crossed: wasCrossed, webhook_id: webhook } = row;
          await publish(tx, tenant, {
            type: wasCrossed ? "kpi.threshold_cleared" : "kpi.threshold_crossed",
            data: { kpi, direction, bound, value, as_of: new Date(now.asOf).toISOString() },
            webhook,
          });
        }
      });
    },
  };
}

function isCrossed({ direction, bound }: Pick<Threshold, "direction" | "bound">, value: number): boolean {
  return direction === "above" ? value > bound : value < bound;
}

function valueOf(kpi: ThresholdKpi, { activeUsers, events, scores }: CurrentKpis): number | null {
  switch (kpi) {
    case "active_users_1h":
      return activeUsers["1h"];
    case "active_users_24h":
      return activeUsers["24h"];
    case "active_users_7d":
      return activeUsers["7d"];
    case "events_1h":
      return events;
    case "mean_score_1h":
      return scores.mean;
  }
}
