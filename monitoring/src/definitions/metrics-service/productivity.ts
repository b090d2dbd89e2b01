import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const SCORES = `sum by (tenant_id) (increase(${series("metrics_productivity_score_count")}[1h]))`;
const MEAN = `sum by (tenant_id) (increase(${series("metrics_productivity_score_sum")}[1h])) / ${SCORES}`;

function scores(part: "sum" | "count", firing: number, under: number) {
  return {
    series: `metrics_productivity_score_${part}{tenant_id="acme", user_role="developer"}`,
    firing,
    under,
  };
}

export const productivityAlerts: readonly Alert[] = [
  {
    name: "ProductivityScoreAnomaly",
    when: { value: MEAN, is: "<", threshold: 50, and: { value: SCORES, is: ">", threshold: 10 } },
    for: "15m",
    severity: "warning",
    component: "metrics-service",
    team: "product",
    labels: { kind: "business" },
    summary: "Productivity scores are below 50 on average",
    description:
      "The productivity scores of {{ $labels.tenant_id }} were {{ $value | humanize }} on average in 1 hour.",
    runbook: {
      meaning: "The mean of the scores of one hour is below 50 of 100, with more than 10 of them.",
      impact: "None for the service: it is what the tenant's tools report.",
      diagnosis: [
        {
          look: "Which roles?",
          command: ask(
            "sum by (tenant_id, user_role) (rate(metrics_productivity_score_sum[1h])) / sum by (tenant_id, user_role) (rate(metrics_productivity_score_count[1h]))",
          ),
        },
      ],
      remedy: [
        "Ask the tenant whether the way of scoring was changed; else it is for the tenant to look at.",
      ],
    },
    window: 60,
    proof: {
      inputs: [scores("sum", 49 * 6, 51 * 6), scores("count", 6, 6)],
      settles: 2,
      says: "The productivity scores of acme were 49 on average in 1 hour.",
      labels: { tenant_id: "acme" },
    },
  },
];
