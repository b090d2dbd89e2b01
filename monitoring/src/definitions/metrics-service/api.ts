import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const COUNT = "metrics_api_request_duration_seconds_count";
const REQUESTS = `sum(rate(${series(COUNT)}[5m]))`;
const FAILED = `sum(rate(${series(COUNT, { status_code: { pattern: "5.." } })}[5m]))`;
const P95 = `histogram_quantile(0.95, sum by (le) (rate(${series("metrics_api_request_duration_seconds_bucket")}[5m])))`;
const MEAN = `sum by (route) (rate(${series("metrics_api_request_duration_seconds_sum")}[10m])) / sum by (route) (rate(${series(COUNT)}[10m]))`;
const HOUR_BEFORE = `sum(rate(${series(COUNT)}[5m] offset 1h))`;
const UP = `(sum(${series("up", { job: "sark-metrics" })}) or vector(0))`;

function requests(status: string, firing: number, under: number) {
  return {
    series: `${COUNT}{method="POST", route="events", status_code="${status}", tenant_id="acme"}`,
    firing,
    under,
  };
}
function bucket(le: string, firing: number, under: number) {
  return {
    series: `metrics_api_request_duration_seconds_bucket{method="POST", route="events", status_code="200", tenant_id="acme", le="${le}"}`,
    firing,
    under,
  };
}
const SLOW_BOOK = {
  impact: "Senders of events wait, and dashboards load slowly.",
  diagnosis: [
    {
      look: "Which routes?",
      command: ask(
        "topk(5, histogram_quantile(0.95, sum by (route, le) (rate(metrics_api_request_duration_seconds_bucket[5m]))))",
      ),
    },
    {
      look: "Is it the database?",
      command: ask(
        "histogram_quantile(0.95, sum by (query_type, le) (rate(metrics_database_query_duration_seconds_bucket[5m])))",
      ),
    },
  ],
  remedy: ["Database: look for locks and for a disk that is busy. Else give the service another replica."],
};

export const apiAlerts: readonly Alert[] = [
  {
    name: "APIHighErrorRate",
    when: {
      value: `${FAILED} / ${REQUESTS}`,
      is: ">",
      threshold: 0.05,
      guard: { value: REQUESTS, above: 0.1 },
    },
    for: "1m",
    severity: "critical",
    component: "metrics-service",
    team: "platform",
    summary: "More than 5 % of requests fail at the metrics service",
    description:
      "{{ $value | humanizePercentage }} of requests to the metrics service had a status of 5xx for 1 minute.",
    runbook: {
      meaning: "The service responds with 500 and above.",
      impact: "Events are not taken; senders keep them and try again.",
      diagnosis: [
        {
          look: "Which routes and errors?",
          command: ask("topk(5, sum by (route, error_type) (rate(metrics_api_errors_total[5m])))"),
        },
        {
          look: "Do transactions fail?",
          command: ask(
            'sum by (query_type) (rate(metrics_database_transactions_total{result="failed"}[5m]))',
          ),
        },
      ],
      remedy: [
        "Bring the database back. For `internal_error` the log has the stack under the correlation id.",
      ],
    },
    window: 5,
    proof: {
      inputs: [requests("200", 567, 572), requests("503", 33, 28)],
      says: "5.5% of requests to the metrics service had a status of 5xx for 1 minute.",
    },
  },
  {
    name: "APIHighLatency",
    when: { value: P95, is: ">", threshold: 0.5, guard: { value: REQUESTS, above: 0.1 } },
    for: "2m",
    severity: "critical",
    component: "metrics-service",
    team: "platform",
    labels: { symptom: "metrics-latency" },
    summary: "The metrics service is slow: P95 above 500 ms",
    description:
      "P95 of requests to the metrics service is {{ $value | humanizeDuration }}, above 500 ms for 2 minutes.",
    runbook: { meaning: "One in twenty requests takes longer than 500 ms.", ...SLOW_BOOK },
    window: 5,
    proof: {
      inputs: [
        requests("200", 600, 600),
        bucket("0.5", 567, 576),
        bucket("1", 600, 600),
        bucket("+Inf", 600, 600),
      ],
      says: "P95 of requests to the metrics service is 545.5ms, above 500 ms for 2 minutes.",
    },
  },
  {
    name: "SlowResponseTime",
    when: { value: MEAN, is: ">", threshold: 0.5, guard: { value: REQUESTS, above: 0.1 } },
    for: "10m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    labels: { symptom: "metrics-latency" },
    summary: "A route of the metrics service takes more than 500 ms on average",
    description:
      "{{ $labels.route }} takes {{ $value | humanizeDuration }} on average, above 500 ms for 10 minutes.",
    runbook: { meaning: "The mean of one route is above 500 ms.", ...SLOW_BOOK },
    window: 10,
    proof: {
      inputs: [
        requests("200", 600, 600),
        {
          series:
            'metrics_api_request_duration_seconds_sum{method="POST", route="events", status_code="200", tenant_id="acme"}',
          firing: 315,
          under: 285,
        },
      ],
      says: "events takes 525ms on average, above 500 ms for 10 minutes.",
      labels: { route: "events" },
    },
  },
  {
    name: "MetricsServiceDown",
    when: { value: UP, is: "==", threshold: 0 },
    for: "1m",
    severity: "critical",
    component: "metrics-service",
    team: "platform",
    summary: "The metrics service is down",
    description: "Replicas of the metrics service that Prometheus reaches: {{ $value }}, for 1 minute.",
    runbook: {
      meaning: "No replica lets itself be scraped: none runs, or Prometheus reaches none.",
      impact: "No events are taken, no KPIs are shown. Senders keep events and try again.",
      diagnosis: [
        { look: "Which replicas does Prometheus know?", command: ask('up{job="sark-metrics"}') },
        { look: "Does it respond to a probe?", command: "curl -fsS http://127.0.0.1:8100/health" },
      ],
      remedy: ["Start it: `npm run start:metrics`. If it ends again, its last line names what is missing."],
    },
    window: 1,
    proof: {
      inputs: [{ series: 'up{job="sark-metrics", instance="a"}', firing: 0, under: 1 }],
      says: "Replicas of the metrics service that Prometheus reaches: 0, for 1 minute.",
    },
    watchesAbsence: true,
  },
  {
    name: "UnusualTraffic",
    when: {
      value: `${REQUESTS} / ${HOUR_BEFORE}`,
      is: ">",
      threshold: 3,
      guard: { value: REQUESTS, above: 0.5 },
    },
    for: "5m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    summary: "Requests to the metrics service are more than three times as many",
    description: "There are {{ $value | humanize }} times as many requests as an hour before, for 5 minutes.",
    runbook: {
      meaning: "Three times the traffic of an hour before. Quiet in the first hour of a service.",
      impact: "None, or higher latency.",
      diagnosis: [
        {
          look: "Which tenant and route?",
          command: ask(
            "topk(5, sum by (tenant_id, route) (rate(metrics_api_request_duration_seconds_count[5m])))",
          ),
        },
      ],
      remedy: [
        "A sender in a loop: tell its owner, or lower the tenant's rate. A new tenant: nothing to do.",
      ],
    },
    window: 6,
    proof: {
      inputs: [{ ...requests("200", 186, 174), before: 60 }],
      before: 66,
      settles: 5,
      says: "There are 3.1 times as many requests as an hour before, for 5 minutes.",
    },
  },
];
