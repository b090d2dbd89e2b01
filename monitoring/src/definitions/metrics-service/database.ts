import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const FAILED = `sum(rate(${series("metrics_database_transactions_total", { result: "failed" })}[1m]))`;
const ALL = `sum(rate(${series("metrics_database_transactions_total")}[1m]))`;
const IN_USE = `sum by (instance) (${series("metrics_database_pool_connections", { state: "in_use" })}) / sum by (instance) (${series("metrics_database_pool_max_connections")})`;

function transactions(result: string, firing: number, under: number) {
  return {
    series: `metrics_database_transactions_total{query_type="ingest", result="${result}"}`,
    firing,
    under,
  };
}

export const databaseAlerts: readonly Alert[] = [
  {
    name: "DatabaseConnectionFailure",
    when: { value: `${FAILED} / ${ALL}`, is: ">", threshold: 0.5, guard: { value: ALL, above: 0.05 } },
    for: "1m",
    severity: "critical",
    component: "metrics-service",
    team: "platform",
    labels: { symptom: "metrics-database" },
    summary: "The metrics service cannot use its database",
    description:
      "{{ $value | humanizePercentage }} of the transactions of the metrics service failed, for 1 minute.",
    runbook: {
      meaning: "Most transactions fail: PostgreSQL is away, or refuses the service.",
      impact: "No event is taken and no KPI can be read.",
      diagnosis: [
        { look: "Is PostgreSQL there?", command: ask("pg_up") },
        {
          look: "Are connections left?",
          command: ask("sum(pg_stat_activity_count) / max(pg_settings_max_connections)"),
        },
        {
          look: "What does the service log (its standard output, here in `metrics.log`)?",
          command: 'grep \'"component":"database"\' metrics.log | tail',
        },
      ],
      remedy: ["Bring PostgreSQL back. A wrong password: set it again, and start the service."],
    },
    window: 1,
    proof: {
      inputs: [transactions("failed", 312, 288), transactions("ok", 288, 312)],
      scarce: 0.001,
      says: "52% of the transactions of the metrics service failed, for 1 minute.",
    },
  },
  {
    name: "DatabaseHighConnections",
    when: { value: IN_USE, is: ">", threshold: 0.8 },
    for: "5m",
    severity: "critical",
    component: "metrics-service",
    team: "platform",
    summary: "More than 80 % of the metrics service's database connections are in use",
    description:
      "{{ $value | humanizePercentage }} of the connections of {{ $labels.instance }} are in use, for 5 minutes.",
    runbook: {
      meaning: "The pool is nearly used up.",
      impact: "Beyond it requests wait, and then fail.",
      diagnosis: [
        { look: "Do requests wait already?", command: ask("metrics_database_pool_waiting") },
        {
          look: "Which statements take long?",
          command: ask(
            "topk(3, histogram_quantile(0.95, sum by (query_type, le) (rate(metrics_database_query_duration_seconds_bucket[5m]))))",
          ),
        },
      ],
      remedy: ["End what holds locks; then raise `database.maxConnections`, within what PostgreSQL takes."],
    },
    window: 1,
    proof: {
      inputs: [
        { series: 'metrics_database_pool_connections{instance="a", state="in_use"}', firing: 81, under: 79 },
        { series: 'metrics_database_pool_max_connections{instance="a"}', firing: 100, under: 100 },
      ],
      says: "81% of the connections of a are in use, for 5 minutes.",
      labels: { instance: "a" },
    },
  },
];
