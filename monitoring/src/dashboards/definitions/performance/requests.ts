import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { traces } from "../../parts/links.ts";
import { heatmap } from "../../panels/heatmap.ts";
import { table } from "../../panels/table.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { counted, quantile, rate, sum } from "../../../promql/expressions.ts";
import { AT } from "../terms/gateway-queries.ts";

const SLOW = "Traces: slower than a second";
const SLOW_QUERY = '{resource.service.name="sark-gateway" && duration > 1s}';
const calls = series("mcp_server_operation_duration_seconds_count", AT);
const quick = series("mcp_server_operation_duration_seconds_bucket", { le: "1", ...AT });

export const requestSection: Section = {
  title: "Requests",
  panels: [
    heatmap({
      title: "Request Latency",
      description:
        "How many HTTP requests took how long. Two bands: two kinds of requests, or a cache that decides some.",
      unit: "s",
      queries: [
        {
          expr: sum(
            `increase(${series("sark_gateway_request_duration_seconds_bucket", { operation: "$operation", ...AT })}[$__rate_interval])`,
            "le",
          ),
          legend: "{{le}}",
          as: "heatmap",
        },
      ],
      links: [traces(SLOW, SLOW_QUERY)],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Slow Request Traces",
      description:
        "P99 of MCP requests by method; points are traces of single requests, to be opened from there.",
      unit: "s",
      queries: [
        {
          expr: quantile(0.99, series("mcp_server_operation_duration_seconds_bucket", AT), "mcp_method_name"),
          legend: "{{mcp_method_name}}",
          exemplars: true,
        },
      ],
      legend: "table",
      links: [traces(SLOW, SLOW_QUERY)],
      valueLinks: [
        traces(
          "Traces: slow ones of this method",
          '{resource.service.name="sark-gateway" && span.mcp.method.name="${__field.labels.mcp_method_name}" && duration > 1s}',
        ),
      ],
      width: 12,
      height: 9,
    }),
    table({
      title: "Slow MCP Requests, Last Hour",
      description:
        "MCP requests that took longer than a second, and how many there were of their method and tool.",
      unit: "short",
      decimals: 0,
      values: [
        `topk(10, ${counted(calls, "1h", "mcp_method_name", "gen_ai_tool_name")} - ${counted(quick, "1h", "mcp_method_name", "gen_ai_tool_name")})`,
        counted(calls, "1h", "mcp_method_name", "gen_ai_tool_name"),
      ],
      columns: [
        {
          label: "mcp_method_name",
          title: "Method",
          links: [
            traces(
              "Traces: slow ones of this method",
              '{resource.service.name="sark-gateway" && span.mcp.method.name="${__value.text}" && duration > 1s}',
            ),
          ],
        },
        { label: "gen_ai_tool_name", title: "Tool" },
        { title: "Slow", unit: "locale" },
        { title: "All", unit: "locale" },
      ],
      empty: "no requests",
      links: [traces(SLOW, SLOW_QUERY)],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Slow, Failed and Refused Calls with a Trace",
      description:
        "Calls per second that were not sampled and were recorded all the same, by why; see tracing.maxExtraTraces.",
      unit: "ops",
      queries: [
        {
          expr: sum(rate(series("sark_gateway_extra_traces_total", AT)), "reason", "recorded"),
          legend: "{{reason}}, recorded: {{recorded}}",
        },
      ],
      legend: "table",
      links: [traces("Traces: errors", '{resource.service.name="sark-gateway" && status=error}')],
      width: 12,
      height: 9,
    }),
  ],
};
