import { quantile, rate, sum } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { BuiltPanel } from "../../panels/panel.ts";
import { allRunbooks, traces } from "../../parts/links.ts";
import { stackedArea, timeSeries } from "../../panels/time-series.ts";

const OF = { job: "sark-metrics", tenant_id: "$tenant_id" } as const;
const SLOW_SECONDS = 0.5;

export const apiPanels: readonly BuiltPanel[] = [
  stackedArea({
    title: "API Request Rate",
    description:
      "Requests per second by route, of the chosen tenants; those without a tenant are shown with all of them.",
    unit: "reqps",
    queries: [
      {
        expr: sum(rate(series("metrics_api_request_duration_seconds_count", OF)), "route"),
        legend: "{{route}}",
      },
    ],
    legend: "table",
    links: [allRunbooks()],
    width: 12,
    height: 9,
  }),
  timeSeries({
    title: "API Response Time P95",
    description:
      "95 of 100 requests of a route took less time than this. The line is what users should never wait.",
    unit: "s",
    queries: [
      {
        expr: quantile(0.95, series("metrics_api_request_duration_seconds_bucket", OF), "route"),
        legend: "{{route}}",
      },
    ],
    legend: "table",
    steps: [
      { from: null, color: "green" },
      { from: SLOW_SECONDS, color: "red" },
    ],
    links: [
      allRunbooks(),
      traces("Traces: slow", '{resource.service.name="sark-metrics" && duration > 500ms}'),
    ],
    width: 12,
    height: 9,
  }),
  timeSeries({
    title: "Active Users by Tenant",
    description: "Users with at least one activity in the last hour, counted, not estimated.",
    unit: "short",
    decimals: 0,
    queries: [
      {
        expr: `max by (tenant_id) (${series("metrics_active_users_total", { ...OF, time_window: "1h" })})`,
        legend: "{{tenant_id}}",
      },
    ],
    legend: "table",
    links: [allRunbooks()],
    width: 12,
    height: 9,
  }),
  timeSeries({
    title: "Database Query Performance",
    description:
      "P95 of transactions by what they are for, the wait for a connection included. All rise together: the database, or the pool, is at its end.",
    unit: "s",
    queries: [
      {
        expr: quantile(0.95, series("metrics_database_query_duration_seconds_bucket", OF), "query_type"),
        legend: "{{query_type}}",
      },
    ],
    legend: "table",
    links: [allRunbooks()],
    width: 12,
    height: 9,
  }),
  timeSeries({
    title: "WebSocket Connections",
    description:
      "Open live connections by tenant. A drop of many at once: a restart, a proxy, or the network.",
    unit: "short",
    decimals: 0,
    queries: [
      {
        expr: sum(series("metrics_websocket_connections_active", OF), "tenant_id"),
        legend: "{{tenant_id}}",
      },
    ],
    legend: "table",
    links: [allRunbooks()],
    width: 12,
    height: 9,
  }),
];
