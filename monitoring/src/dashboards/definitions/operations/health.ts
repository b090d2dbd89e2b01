import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { allRunbooks, runbook, traces } from "../../parts/links.ts";
import { stateTimeline } from "../../panels/state-timeline.ts";
import { stat } from "../../panels/stat.ts";
import { table } from "../../panels/table.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { counted, rate, sum } from "../../../promql/expressions.ts";
import { AT } from "../terms/gateway-queries.ts";

const UP = {
  0: { text: "down", color: "red" },
  1: { text: "up", color: "green" },
} as const;

export const healthSection: Section = {
  title: "Health",
  panels: [
    stat({
      title: "System Health",
      description:
        "Replicas that Prometheus reaches, of those that it knows; and those out of service for a drain.",
      unit: "short",
      queries: [
        { expr: `sum(${series("up", AT)})`, legend: "up" },
        { expr: `count(${series("up", AT)})`, legend: "known" },
        { expr: sum(series("sark_gateway_draining", AT)), legend: "draining" },
      ],
      steps: [{ from: null, color: "blue" }],
      links: [runbook("NoGatewayRequests")],
      width: 6,
      height: 8,
    }),
    stateTimeline({
      title: "Dependencies",
      description:
        "What the gateway depends on: the audit store, the policy engine, servers. Of several replicas the worst.",
      unit: "none",
      queries: [
        {
          expr: `min by (dependency) (${series("sark_gateway_dependency_up", AT)})`,
          legend: "{{dependency}}",
        },
        { expr: `min(${series("sark_audit_store_up", AT)})`, legend: "audit takes events" },
      ],
      states: UP,
      links: [runbook("AuditEventLoggingFailed"), allRunbooks()],
      width: 18,
      height: 8,
    }),
    timeSeries({
      title: "Error Rates and Types",
      description:
        "Warnings and errors per second by component and type, those included that the log leaves out: what is wrong, in one look.",
      unit: "ops",
      queries: [
        {
          expr: sum(rate(series("sark_gateway_errors_total", AT)), "component", "type", "severity"),
          legend: "{{severity}}: {{component}} - {{type}}",
        },
      ],
      legend: "table",
      links: [
        runbook("GatewayClientErrors"),
        traces("Traces: errors", '{resource.service.name="sark-gateway" && status=error}'),
      ],
      width: 12,
      height: 10,
    }),
    table({
      title: "Upstream Errors, Last Hour",
      description: "Exchanges with servers that failed, by how.",
      unit: "short",
      decimals: 0,
      values: [
        `${counted(series("sark_gateway_upstream_errors_total", AT), "1h", "server", "error_type")} > 0`,
      ],
      columns: [
        { label: "server", title: "Server" },
        { label: "error_type", title: "Error" },
        { title: "Exchanges", unit: "locale" },
      ],
      empty: "no errors",
      links: [runbook("GatewayClientErrors")],
      width: 12,
      height: 10,
    }),
  ],
};
