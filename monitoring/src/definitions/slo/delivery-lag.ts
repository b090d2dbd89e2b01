import { series } from "../../promql/series.ts";
import type { Alert, Recording } from "../../domain/alert.ts";
import { burnAlert } from "./burn-rates.ts";
import { TIERS, WINDOWS } from "./windows.ts";

const SLO = "delivery-lag";
const BUDGET = 0.01;
const BACKLOG = series("sark_siem_backlog_seconds", { job: "sark-gateway" });
const LAGGING = "sark:slo_delivery_lagging:bool";

/** A promise about time, not about events: each minute is good or bad. */
export const lagRecordings: readonly Recording[] = [
  { record: LAGGING, expr: `max by (platform, destination) (${BACKLOG}) > bool 60` },
  ...WINDOWS.map((window) => ({
    record: `sark:slo_errors:ratio_rate${window}`,
    expr: `max(avg_over_time(${LAGGING}[${window}]))`,
    labels: { slo: SLO },
  })),
];

export const lagAlerts: readonly Alert[] = TIERS.map((tier) =>
  burnAlert(
    {
      slo: SLO,
      promise: "99 % of the time each SIEM has all events that are older than 60 s",
      budget: BUDGET,
      component: "siem",
      team: "security",
      look: {
        look: "Which destination lags, by how much?",
        query: "max by (destination) (sark_siem_backlog_seconds)",
      },
    },
    tier,
    {
      // A minute is good or bad: a share just under the threshold is that of the recorded series.
      inputs: [tier.long, tier.short].map((window) => ({
        series: `sark:slo_errors:ratio_rate${window}{slo="${SLO}"}`,
        firing: BUDGET * tier.factor * 1.04,
        under: BUDGET * tier.factor * 0.96,
      })),
    },
  ),
);
