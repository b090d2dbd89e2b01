import { rate, share, sum } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";

const hits = sum(rate(series("pg_stat_database_blks_hit")), "instance");
const reads = sum(rate(series("pg_stat_database_blks_read")), "instance");

export const postgresSection: Section = {
  title: "PostgreSQL",
  panels: [
    timeSeries({
      title: "Connections",
      description:
        "Connections by state, and how many PostgreSQL takes. `idle in transaction` holds locks and does nothing.",
      unit: "short",
      decimals: 0,
      queries: [
        {
          expr: `${sum(series("pg_stat_activity_count"), "instance", "state")} > 0`,
          legend: "{{instance}} {{state}}",
        },
        {
          expr: `max by (instance) (${series("pg_settings_max_connections")})`,
          legend: "{{instance}} at most",
        },
      ],
      legend: "table",
      links: [runbook("DatabaseHighConnections")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Transactions",
      description:
        "Transactions per second. Many that are rolled back: errors, or conflicts between writers.",
      unit: "ops",
      queries: [
        {
          expr: sum(rate(series("pg_stat_database_xact_commit")), "instance"),
          legend: "{{instance}} committed",
        },
        {
          expr: sum(rate(series("pg_stat_database_xact_rollback")), "instance"),
          legend: "{{instance}} rolled back",
        },
      ],
      links: [runbook("PostgresDown")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Blocks Found in Memory",
      description:
        "Part of the blocks that queries needed and that were in memory. Low: memory is short for the data that is in use.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: share(hits, `(${hits} + ${reads})`), legend: "{{instance}}" }],
      links: [runbook("PostgresDown")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Size of Databases",
      description: "Bytes on the disk. What retention deletes makes room within, and gives back little.",
      unit: "bytes",
      queries: [
        {
          expr: `max by (instance, datname) (${series("pg_database_size_bytes")})`,
          legend: "{{instance}} {{datname}}",
        },
      ],
      legend: "table",
      links: [runbook("LowHostDiskSpace")],
      width: 12,
      height: 9,
    }),
  ],
};
