import { series } from "../../promql/series.ts";
import { errorsOfClients } from "../../definitions/clients/requests.ts";
import { defineDashboard } from "../layout/define-dashboard.ts";
import { auditEvents, runbook, traces } from "../parts/links.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { stackedArea, timeSeries } from "../panels/time-series.ts";
import { counted, quantile, rate, share, sum } from "../../promql/expressions.ts";
import { instances, routes } from "../parts/variables.ts";
import { userColumns } from "./terms/gateway-panels.ts";
import { AT } from "./terms/gateway-queries.ts";

const requests = sum(rate(series("sark_gateway_requests_total", { operation: "$operation", ...AT })));
const durations = series("sark_gateway_request_duration_seconds_bucket", { operation: "$operation", ...AT });
const calls = sum(rate(series("sark_gateway_calls_total", AT)));
const good = sum(rate(series("sark_gateway_calls_total", { outcome: ["ok", "input_required"], ...AT })));
const denied = sum(rate(series("sark_gateway_authz_requests_total", { decision: "deny", ...AT })));
const { errors, asked } = errorsOfClients("$__rate_interval", AT);
/** Where nothing was ever denied, there is no such series. */
const all = `(${asked} + (${denied} or vector(0)))`;
const GOOD_STEPS = [
  { from: null, color: "red" },
  { from: 0.95, color: "yellow" },
  { from: 0.99, color: "green" },
] as const;

export const gatewayOverview = defineDashboard({
  uid: "sark-gateway-overview",
  title: "SARK Gateway Overview",
  description: "Is the gateway well, how much is asked of it, and by whom.",
  tags: ["gateway"],
  version: 1,
  variables: [instances(), routes()],
  sections: [
    {
      title: "Now",
      panels: [
        stat({
          title: "Requests",
          description: "HTTP requests that ended, per second.",
          unit: "reqps",
          queries: [{ expr: requests, legend: "requests" }],
          steps: [{ from: null, color: "blue" }],
          empty: "0",
          links: [runbook("HighGatewayRequestVolume"), runbook("NoGatewayRequests")],
          width: 6,
          height: 4,
        }),
        stat({
          title: "Calls that Succeed",
          description: "Permitted MCP calls that ended well, of all permitted ones.",
          unit: "percentunit",
          decimals: 1,
          queries: [{ expr: share(good, calls), legend: "success" }],
          steps: GOOD_STEPS,
          empty: "no calls",
          links: [runbook("GatewayClientErrors")],
          width: 6,
          height: 4,
        }),
        stat({
          title: "P95 of Requests",
          description: "95 of 100 HTTP requests took less time than this, streams to listen left out.",
          unit: "s",
          queries: [{ expr: quantile(0.95, durations), legend: "P95" }],
          steps: [
            { from: null, color: "green" },
            { from: 1, color: "yellow" },
            { from: 2, color: "red" },
          ],
          empty: "no requests",
          links: [traces("Traces: slow", '{resource.service.name="sark-gateway" && duration > 1s}')],
          width: 6,
          height: 4,
        }),
        stat({
          title: "Alerts Firing",
          description: "Alerts about SARK that fire right now, of every severity.",
          unit: "short",
          queries: [
            {
              expr: `count(${series("ALERTS", { alertstate: "firing" })})`,
              legend: "alerts",
            },
          ],
          steps: [
            { from: null, color: "green" },
            { from: 1, color: "red" },
          ],
          empty: "0",
          width: 6,
          height: 4,
        }),
      ],
    },
    {
      title: "Traffic",
      panels: [
        stackedArea({
          title: "Request Rate",
          description: "HTTP requests that ended, per second, by route. Streams count when they end.",
          unit: "reqps",
          queries: [
            {
              expr: sum(
                rate(series("sark_gateway_requests_total", { operation: "$operation", ...AT })),
                "operation",
              ),
              legend: "{{operation}}",
            },
          ],
          legend: "table",
          links: [runbook("HighGatewayRequestVolume"), runbook("NoGatewayRequests")],
          width: 12,
          height: 9,
        }),
        timeSeries({
          title: "Success and Error Rates",
          description:
            "Parts of all that clients asked for, 100 % together: what ended well, what was refused or failed, and what policy denied. The alert about errors leaves denials out of the whole, so that its share is greater than the one here.",
          unit: "percentunit",
          max: 1,
          queries: [
            { expr: share(`(${asked} - ${errors})`, all), legend: "success" },
            { expr: share(errors, all), legend: "errors" },
            { expr: share(denied, all), legend: "denied" },
          ],
          colors: { success: "green", errors: "red", denied: "orange" },
          links: [
            runbook("GatewayClientErrors"),
            auditEvents("Audit: failed calls", { outcome: "upstream_error" }),
            traces("Traces: errors", '{resource.service.name="sark-gateway" && status=error}'),
          ],
          width: 12,
          height: 9,
        }),
        timeSeries({
          title: "Request Duration P50/P95/P99",
          description:
            "From a request's head to the end of its response. Streams that clients open to listen are left out.",
          unit: "s",
          queries: [
            { expr: quantile(0.5, durations), legend: "P50" },
            { expr: quantile(0.95, durations), legend: "P95" },
            { expr: quantile(0.99, durations), legend: "P99" },
          ],
          colors: { P50: "green", P95: "yellow", P99: "red" },
          links: [traces("Traces: slow", '{resource.service.name="sark-gateway" && duration > 1s}')],
          width: 12,
          height: 9,
        }),
        timeSeries({
          title: "Active Connections",
          description:
            "Client connections, requests and event streams that are open, on all replicas together.",
          unit: "short",
          queries: [
            { expr: sum(series("sark_gateway_active_connections", AT)), legend: "connections" },
            { expr: sum(series("sark_gateway_requests_in_flight", AT)), legend: "requests" },
            { expr: sum(series("sark_gateway_open_streams", AT)), legend: "streams" },
            { expr: sum(series("sark_gateway_active_sessions", AT)), legend: "sessions" },
          ],
          links: [runbook("NoGatewayRequests")],
          width: 12,
          height: 9,
        }),
      ],
    },
    {
      title: "Who and what",
      panels: [
        table({
          title: "Top Tools",
          description: "Tools by their calls of the last hour, with how long one takes on average.",
          unit: "short",
          values: [
            `topk(10, ${counted(series("sark_gateway_tool_calls_total", AT), "1h", "server", "tool")} > 0)`,
            share(
              sum(rate(series("sark_gateway_tool_execution_seconds_sum", AT)), "server", "tool"),
              sum(rate(series("sark_gateway_tool_execution_seconds_count", AT)), "server", "tool"),
            ),
          ],
          columns: [
            {
              label: "tool",
              title: "Tool",
              links: [auditEvents("Audit: this tool", { tool: "${__value.text:percentencode}" })],
            },
            { label: "server", title: "Server" },
            { title: "Calls", unit: "locale" },
            { title: "Mean time", unit: "s", none: "-" },
          ],
          empty: "no calls",
          links: [runbook("HighGatewayRequestVolume")],
          width: 12,
          height: 9,
        }),
        table({
          title: "Top Users",
          description: "Users and agents by the decisions that they asked for in the last hour.",
          unit: "short",
          values: [
            `topk(10, ${counted(series("sark_gateway_user_requests_total", AT), "1h", "tenant", "user")} > 0)`,
            counted(
              series("sark_gateway_user_requests_total", { decision: "deny", ...AT }),
              "1h",
              "tenant",
              "user",
            ),
          ],
          columns: [
            ...userColumns("Audit: this user"),
            { title: "Decisions", unit: "locale" },
            {
              title: "Denied",
              unit: "locale",
              decimals: 0,
              steps: [
                { from: null, color: "text" },
                { from: 1, color: "orange" },
              ],
            },
          ],
          empty: "no requests",
          links: [runbook("HighDenyRate")],
          width: 12,
          height: 9,
        }),
      ],
    },
  ],
});
