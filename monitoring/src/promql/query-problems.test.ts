import { describe, expect, it } from "vitest";
import { familyOf } from "../catalog/metrics.ts";
import { checkQuery } from "./query-problems.ts";

const problemsOf = (query: string) => checkQuery(query, familyOf).problems.join("\n");

describe("a query that would lie", () => {
  it.each([
    [
      "a metric that is not there",
      "sum(rate(sark_gateway_cache_hit_total[5m]))",
      /no catalog has sark_gateway_cache_hit_total/,
    ],
    ["a histogram by its own name", "sark_gateway_authz_latency_seconds", /no catalog has/],
    ["a label that is not there", 'sark_gateway_cache_hits_total{server="a"}', /has no label server/],
    [
      "an inherited name as a label",
      'sark_gateway_cache_hits_total{constructor="a"}',
      /has no label constructor/,
    ],
    [
      "a listed value that never comes",
      'sark_gateway_authz_requests_total{decision="denied"}',
      /never denied/,
    ],
    ["one of several values", 'sark_gateway_authz_requests_total{decision=~"deny|alow"}', /never alow/],
    ["a negated value", 'sark_gateway_authz_requests_total{decision!="denied"}', /never denied/],
    ["a bound that is no bucket", 'sark_gateway_authz_latency_seconds_bucket{le="0.3"}', /never 0.3/],
    ["another job", 'up{job="gateway"}', /never gateway/],
    ["the job of another service", 'redis_up{job="postgres"}', /never postgres/],
    ["a class of statuses that there is not", 'sark_gateway_requests_total{status=~"6.."}', /never 6\.\./],
    ["a target's label at an alert", 'ALERTS{job="sark-gateway"}', /no label job/],
    ["a metric that an exporter has not", "node_memory_available_bytes", /no catalog has/],
    ["a label that an exporter has not", 'node_cpu_seconds_total{core="0"}', /no label core/],
    ["a value that an exporter has not", 'node_cpu_seconds_total{mode="idel"}', /never idel/],
    [
      "a group that is not there",
      "sum by (user) (rate(sark_gateway_cache_hits_total[5m]))",
      /groups by user/,
    ],
    [
      "a quantile without le",
      "histogram_quantile(0.9, sum(rate(sark_gateway_authz_latency_seconds_bucket[5m])))",
      /needs the label le/,
    ],
    [
      "sides that never match",
      "sum by (server) (rate(sark_gateway_calls_total[5m])) / sum(rate(sark_gateway_cache_hits_total[5m]))",
      /never match/,
    ],
    [
      "a match on what neither has",
      "sark_gateway_cache_hits_total / on (user) sark_gateway_cache_misses_total",
      /neither side has/,
    ],
    ["a rate of a gauge", "rate(sark_gateway_active_connections[5m])", /a gauge/],
    ["a rate of a gauge, earlier", "rate(sark_gateway_active_connections[5m] offset 1h)", /a gauge/],
    ["an average of a counter", "avg_over_time(sark_gateway_cache_hits_total[5m])", /a counter/],
    ["a window of too few samples", "rate(sark_gateway_cache_hits_total[20s])", /too few samples/],
    ["a selector without a name", '{job="sark-gateway"}', /without a name/],
    ["no PromQL", "sum(rate(", /no PromQL/],
    ["nothing", "", /no PromQL/],
  ])("is found out by %s [MET-12]", (_what, query, problem) => {
    expect(problemsOf(query)).toMatch(problem);
  });

  it.each([
    "sum by (decision) (rate(sark_gateway_authz_requests_total[$__rate_interval]))",
    'sum(rate(sark_gateway_authz_requests_total{server=~"$server", decision="deny"}[5m])) / sum(rate(sark_gateway_authz_requests_total[5m]))',
    "histogram_quantile(0.95, sum by (le, action) (rate(sark_gateway_authz_latency_seconds_bucket[5m])))",
    "sum by (instance) (sark_gateway_active_connections) and on (instance) up == 1",
    'ALERTS{alertstate="firing", severity=~"critical|warning"}',
    'sum(rate(sark_gateway_requests_total{status=~"5.."}[5m]))',
    'sum(rate(sark_gateway_requests_total{status=~"(4|5)..|client_left"}[5m]))',
    'sum(rate(metrics_api_request_duration_seconds_count{status_code=~"5..", job="sark-metrics"}[5m]))',
    'process_resident_memory_bytes{job="sark-gateway"}',
    '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    "sum(rate(sark_gateway_cost_total[6h] offset 15m))",
    "pg_stat_activity_count / on (server) group_left () pg_settings_max_connections",
  ])("is not %s [MET-12]", (query) => {
    expect(problemsOf(query)).toBe("");
  });

  it("tells the labels of what a query returns [MET-12]", () => {
    const { labels } = checkQuery(
      "topk(5, sum by (operation, error_type) (rate(sark_gateway_client_errors_total[5m])))",
      familyOf,
    );
    expect([...(labels ?? [])]).toEqual(["operation", "error_type"]);
  });
});
