import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { auditEvents, runbook } from "../../parts/links.ts";
import { stat } from "../../panels/stat.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { quantile, rate, share, sum } from "../../../promql/expressions.ts";
import { AT } from "../terms/gateway-queries.ts";

const writes = series("sark_audit_write_duration_seconds_bucket", AT);

export const auditSection: Section = {
  title: "Audit log",
  panels: [
    stat({
      title: "Audit Log Health",
      description:
        "Permitted calls whose outcome is not on record, damaged events, and calls without a record: each should be 0. They are counted since the replicas started.",
      unit: "short",
      queries: [
        { expr: `max(${series("sark_audit_orphaned_intents", AT)})`, legend: "without outcome" },
        { expr: sum(series("sark_audit_quarantined_events_total", AT)), legend: "damaged" },
        { expr: sum(series("sark_audit_unrecorded_calls_total", AT)), legend: "without record" },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      links: [runbook("AuditEventLoggingFailed"), auditEvents("Audit: newest events", {})],
      width: 6,
      height: 8,
    }),
    timeSeries({
      title: "Audit Events",
      description:
        "Events per second that were committed, and those whose caller was told that they could not be kept.",
      unit: "ops",
      queries: [
        { expr: sum(rate(series("sark_audit_events_written_total", AT))), legend: "committed" },
        { expr: sum(rate(series("sark_audit_failed_writes_total", AT))), legend: "failed" },
        { expr: sum(rate(series("sark_audit_spooled_events_total", AT))), legend: "to the spool" },
      ],
      colors: { committed: "green", failed: "red", "to the spool": "orange" },
      links: [runbook("AuditEventLoggingFailed")],
      width: 9,
      height: 8,
    }),
    timeSeries({
      title: "Audit Queue",
      description:
        "Part of the queue that waits for its commit, and of the spool that waits for the database. Callers are refused where the queue is at 1, or the spool at 7/8: the rest of it is for outcomes.",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: `max(${share(series("sark_audit_queue_depth", AT), series("sark_audit_queue_capacity", AT))})`,
          legend: "queue",
        },
        {
          expr: `max(${share(series("sark_audit_spool_bytes", AT), series("sark_audit_spool_capacity_bytes", AT))})`,
          legend: "spool",
        },
      ],
      colors: { queue: "blue", spool: "orange" },
      steps: [
        { from: null, color: "green" },
        { from: 0.8, color: "red" },
      ],
      links: [runbook("AuditEventLoggingFailed")],
      width: 9,
      height: 8,
    }),
    timeSeries({
      title: "Audit Commit P50/P95/P99",
      description: "From sending a batch to the database to its commit. Permitted calls wait for it.",
      unit: "s",
      queries: [
        { expr: quantile(0.5, writes), legend: "P50" },
        { expr: quantile(0.95, writes), legend: "P95" },
        { expr: quantile(0.99, writes), legend: "P99" },
      ],
      colors: { P50: "green", P95: "yellow", P99: "red" },
      links: [runbook("HighGatewayAuthorizationLatency")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Database Connections",
      description:
        "Part of the connections of each pool to the audit database that are in use. At 1 statements wait.",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: share(
            `max by (name) (${series("sark_gateway_pool_connections", { pool: "database", state: "in_use", ...AT })})`,
            `max by (name) (${series("sark_gateway_pool_capacity", { pool: "database", ...AT })})`,
          ),
          legend: "{{name}}",
        },
      ],
      links: [runbook("AuditEventLoggingFailed")],
      width: 12,
      height: 8,
    }),
  ],
};
