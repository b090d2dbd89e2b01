import { defineDashboard } from "../layout/define-dashboard.ts";
import { auditEvents, runbook, traces } from "../parts/links.ts";
import { donut } from "../panels/donut.ts";
import { stat } from "../panels/stat.ts";
import { stackedArea, timeSeries } from "../panels/time-series.ts";
import { table } from "../panels/table.ts";
import { counted, quantile, rate, sum } from "../../promql/expressions.ts";
import { actions, instances, servers } from "../parts/variables.ts";
import { series } from "../../promql/series.ts";
import { DECISION_COLORS } from "./terms/colors.ts";
import { cacheHitRate, userColumns } from "./terms/gateway-panels.ts";
import { AT, TOP_DENIED_USERS } from "./terms/gateway-queries.ts";
import { thresholdOf } from "./terms/thresholds.ts";

const asked = series("sark_gateway_authz_requests_total", { server: "$server", action: "$action", ...AT });
const latency = series("sark_gateway_authz_latency_seconds_bucket", { action: "$action", ...AT });
const toolCalls = series("sark_gateway_tool_calls_total", { server: "$server", ...AT });

export const gatewayIntegration = defineDashboard({
  uid: "sark-gateway-integration",
  title: "SARK Gateway Integration",
  description: "What agents ask the gateway for, what it decides, and how long that takes.",
  tags: ["gateway"],
  version: 1,
  variables: [servers(), actions(), instances()],
  sections: [
    {
      panels: [
        timeSeries({
          title: "Authorization Requests",
          description:
            "Decisions per second. Many denials at once: a policy was changed, or a caller probes what it may do.",
          unit: "reqps",
          queries: [{ expr: sum(rate(asked), "decision"), legend: "{{decision}}" }],
          colors: DECISION_COLORS,
          links: [runbook("HighDenyRate"), runbook("NoGatewayRequests")],
          valueLinks: [auditEvents("Audit: these decisions", { decision: "${__field.labels.decision}" })],
          width: 12,
          height: 8,
        }),
        timeSeries({
          title: "Authorization Latency P50/P95/P99",
          description:
            "Time from an authorization request to its decision, policy and cache included. The lines are where alerts fire for P95; points are single traces.",
          unit: "s",
          queries: [
            { expr: quantile(0.5, latency), legend: "P50" },
            { expr: quantile(0.95, latency), legend: "P95" },
            { expr: quantile(0.99, latency), legend: "P99", exemplars: true },
          ],
          colors: { P50: "green", P95: "yellow", P99: "red" },
          steps: [
            { from: null, color: "green" },
            { from: thresholdOf("HighGatewayAuthorizationLatency"), color: "yellow" },
            { from: thresholdOf("CriticalGatewayAuthorizationLatency"), color: "red" },
          ],
          links: [
            runbook("HighGatewayAuthorizationLatency"),
            traces("Traces: slow decisions", '{resource.service.name="sark-gateway" && duration > 50ms}'),
          ],
          width: 12,
          height: 8,
        }),
        donut({
          title: "Allow/Deny Ratio",
          description: "Decisions in the time range, by what was decided.",
          unit: "locale",
          queries: [
            { expr: sum(`increase(${asked}[$__range])`, "decision"), legend: "{{decision}}", instant: true },
          ],
          colors: DECISION_COLORS,
          decimals: 0,
          empty: "no requests",
          links: [runbook("HighDenyRate"), auditEvents("Audit: what was denied", { decision: "deny" })],
          width: 6,
          height: 8,
        }),
        cacheHitRate("Cache Hit Rate"),
        timeSeries({
          title: "A2A Authorization Requests by Decision",
          description: "Decisions about requests of agents to other agents, per second.",
          unit: "reqps",
          queries: [
            {
              expr: sum(rate(series("sark_a2a_authz_requests_total", AT)), "decision"),
              legend: "{{decision}}",
            },
          ],
          colors: DECISION_COLORS,
          links: [
            runbook("HighA2ADenyRate"),
            auditEvents("Audit: between agents", { event_type: "a2a_communication" }),
          ],
          width: 12,
          height: 8,
        }),
        timeSeries({
          title: "Error Rate by Operation",
          description:
            "Requests that were refused or could not be completed, per second, with what was wrong (docs/reference/errors.md). Denials are not among them.",
          unit: "reqps",
          queries: [
            {
              expr: sum(rate(series("sark_gateway_client_errors_total", AT)), "operation", "error_type"),
              legend: "{{operation}} - {{error_type}}",
            },
          ],
          legend: "table",
          links: [
            runbook("GatewayClientErrors"),
            traces("Traces: errors", '{resource.service.name="sark-gateway" && status=error}'),
          ],
          width: 12,
          height: 9,
        }),
        stackedArea({
          title: "Authorization Requests by Server",
          description: "Decisions per second, by the server that was asked for.",
          unit: "reqps",
          queries: [{ expr: sum(rate(asked), "server"), legend: "{{server}}" }],
          legend: "table",
          links: [runbook("HighGatewayRequestVolume")],
          valueLinks: [auditEvents("Audit: this server", { server: "${__field.labels.server}" })],
          width: 12,
          height: 9,
        }),
        table({
          title: "Top Denied Users, Last Hour",
          description:
            "Users and agents with the most denials; other: those who were never permitted anything, whom the audit log names. Many for one: ask its owner, or end its sessions.",
          unit: "short",
          decimals: 0,
          values: [TOP_DENIED_USERS],
          columns: [
            ...userColumns("Audit: denied to this user", { decision: "deny" }),
            { title: "Denied", unit: "locale" },
          ],
          empty: "no denials",
          links: [runbook("HighDenyRate")],
          width: 7,
          height: 9,
        }),
        table({
          title: "Top Invoked Tools",
          description: "Tools by their calls of the last hour, denied ones included.",
          unit: "short",
          decimals: 0,
          values: [`topk(10, ${counted(toolCalls, "1h", "server", "tool")} > 0)`],
          columns: [
            {
              label: "tool",
              title: "Tool",
              links: [auditEvents("Audit: this tool", { tool: "${__value.text:percentencode}" })],
            },
            { label: "server", title: "Server" },
            { title: "Calls", unit: "locale" },
          ],
          empty: "no calls",
          links: [runbook("HighGatewayRequestVolume")],
          width: 7,
          height: 9,
        }),
        stat({
          title: "Active Gateway Connections",
          description:
            "Client connections open right now, on all replicas together. http.maxConnections of one replica is 10,000 unless set.",
          unit: "short",
          queries: [{ expr: sum(series("sark_gateway_active_connections", AT)), legend: "connections" }],
          steps: [
            { from: null, color: "green" },
            { from: 7_000, color: "yellow" },
            { from: 9_000, color: "red" },
          ],
          links: [runbook("NoGatewayRequests")],
          width: 5,
          height: 9,
        }),
        stat({
          title: "Audit Events Logged",
          description:
            "Events that the replicas have committed to the audit store since each of them started, in total.",
          unit: "short",
          queries: [{ expr: sum(series("sark_gateway_audit_events_total", AT)), legend: "events" }],
          steps: [{ from: null, color: "blue" }],
          links: [runbook("AuditEventLoggingFailed"), auditEvents("Audit: all events", {})],
          width: 5,
          height: 9,
        }),
      ],
    },
  ],
});
