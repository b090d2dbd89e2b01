import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { auditEvents, runbook, traces } from "../../parts/links.ts";
import { stackedArea, timeSeries } from "../../panels/time-series.ts";
import { mean, quantile, rate, share, sum } from "../../../promql/expressions.ts";
import { AT } from "../terms/gateway-queries.ts";

const SLOW = "Traces: slower than a second";
const SLOW_QUERY = '{resource.service.name="sark-gateway" && duration > 1s}';
const tools = { server: "$server", ...AT } as const;
const toolSeconds = series("sark_gateway_tool_execution_seconds_sum", tools);

export const toolSection: Section = {
  title: "Tools and policy",
  panels: [
    stackedArea({
      title: "Tool Execution Time Breakdown",
      description:
        "Seconds that tools take in a second, by tool: which tool the time goes to. Policy and audit are not in it.",
      unit: "s",
      queries: [{ expr: sum(rate(toolSeconds), "server", "tool"), legend: "{{server}} / {{tool}}" }],
      legend: "table",
      valueLinks: [
        auditEvents("Audit: this tool", {
          tool: "${__field.labels.tool}",
          server: "${__field.labels.server}",
        }),
      ],
      links: [traces(SLOW, SLOW_QUERY)],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Tool Execution Time P95",
      description: "95 of 100 calls of a tool took less time than this.",
      unit: "s",
      queries: [
        {
          expr: quantile(0.95, series("sark_gateway_tool_execution_seconds_bucket", tools), "server", "tool"),
          legend: "{{server}} / {{tool}}",
        },
      ],
      legend: "table",
      links: [traces(SLOW, SLOW_QUERY)],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Policy Evaluation Overhead",
      description:
        "Mean time of a decision with cache and all, of the policy engine alone, and of the commit of the audit record.",
      unit: "s",
      queries: [
        {
          expr: mean(
            series("sark_gateway_authz_latency_seconds_sum", AT),
            series("sark_gateway_authz_latency_seconds_count", AT),
          ),
          legend: "decision",
        },
        {
          expr: mean(
            series("sark_policy_evaluation_seconds_sum", AT),
            series("sark_policy_evaluation_seconds_count", AT),
          ),
          legend: "policy engine",
        },
        {
          expr: mean(
            series("sark_audit_write_duration_seconds_sum", AT),
            series("sark_audit_write_duration_seconds_count", AT),
          ),
          legend: "audit commit",
        },
      ],
      links: [runbook("HighGatewayAuthorizationLatency"), runbook("CriticalGatewayAuthorizationLatency")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Policy Share of Request Time",
      description: "Part of the time of MCP requests that goes to decisions.",
      unit: "percentunit",
      queries: [
        {
          expr: share(
            sum(rate(series("sark_gateway_authz_latency_seconds_sum", AT))),
            sum(rate(series("mcp_server_operation_duration_seconds_sum", AT))),
          ),
          legend: "decisions",
        },
      ],
      links: [runbook("HighGatewayAuthorizationLatency")],
      width: 12,
      height: 9,
    }),
  ],
};
