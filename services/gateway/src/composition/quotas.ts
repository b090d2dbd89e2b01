import type { AuditLog } from "@sark/audit";
import { createLedger } from "@sark/audit/spending";
import { createSequence } from "@sark/observability/waiting";
import type { GatewayConfig } from "../config/schema.ts";
import { budgetWarning } from "../governance/budget-warning.ts";
import { isContentRefused } from "../governance/record-outcome.ts";
import { createQuotaStage, type QuotaStage } from "../governance/quota-stage.ts";
import type { RateLimitStage } from "../governance/rate-limit-stage.ts";
import { createQuotas, type QuotaKeeper } from "../quotas/quotas.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface StartedQuotas {
  readonly quotas: QuotaKeeper;
  /** `null` without a price: nothing is charged then. */
  readonly stage: QuotaStage | null;
  close(): Promise<void>;
}

/** So long is what a replica has reserved ahead out of reach of the others, where it is not used. */
const LONGEST_LEASE_MS = 2_000;

/** What calls cost and what may be spent, as far as prices are configured. */
export function startQuotas(
  databaseUrl: string,
  config: Pick<GatewayConfig, "quotas" | "audit" | "database">,
  deps: {
    readonly audit: Pick<AuditLog, "record">;
    readonly rateLimits: RateLimitStage | null;
    readonly telemetry: Pick<Telemetry, "quotas">;
  },
): StartedQuotas {
  const { currency, prices, budgets } = config.quotas;
  const { audit, telemetry } = deps;
  const events = telemetry.quotas;
  const ledger = createLedger({
    connectionString: databaseUrl,
    timeoutMs: config.database.timeout,
    leaseMs: Math.min(LONGEST_LEASE_MS, config.audit.orphanAfter / 4),
  });
  events.payersConfigured(budgets.flatMap(({ name }) => name ?? []));
  const quotas = createQuotas({
    currency,
    prices,
    budgets,
    ledger,
    observer: events,
    async recordWarning(warning) {
      try {
        // Not to a disk on its way to the database: the ledger keeps it, and any replica records it later.
        await audit.record(budgetWarning(warning, currency), { whenDown: "closed" });
      } catch (error) {
        if (!isContentRefused(error)) {
          throw error;
        }
        events.notRecorded(error);
      }
    },
  });
  if (prices.length === 0) {
    return { quotas, stage: null, close: () => ledger.close() };
  }
  const stage = createQuotaStage({ quotas, rateLimits: deps.rateLimits, audit, onLost: events.notRecorded });

  /** Calls whose process was killed, and records that waited on a disk; then how budgets stand. */
  const runs = createSequence();
  const follow = (): Promise<void> =>
    runs.run(async () => {
      try {
        await ledger.follow({ graceSeconds: config.audit.orphanAfter / 1_000 });
        await quotas.refresh();
      } catch (error) {
        events.followFailed(error);
      }
    });
  const timer = setInterval(() => void follow(), config.audit.maintenanceInterval);
  timer.unref();
  void follow();
  return {
    quotas,
    stage,
    async close() {
      clearInterval(timer);
      await stage.close();
      await runs.run(async () => undefined);
      await ledger.close();
    },
  };
}
