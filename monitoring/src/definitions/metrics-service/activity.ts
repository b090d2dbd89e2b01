import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const LOST = `sum(increase(${series("metrics_websocket_connections_closed_total", { reason: { not: ["client", "restart"] } })}[10m]))`;
const ACTIVE = `sum(${series("metrics_active_users_total", { time_window: "1h" })})`;
const FAILED_JOBS = `sum by (job_name) (increase(${series("metrics_background_jobs_total", { result: ["failed", "dead"] })}[15m]))`;

export const activityAlerts: readonly Alert[] = [
  {
    name: "WebSocketConnectionDrop",
    when: { value: LOST, is: ">", threshold: 50 },
    for: "2m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    summary: "More than 50 live connections were lost in 10 minutes",
    description: "{{ $value | humanize }} live connections were lost in 10 minutes.",
    runbook: {
      meaning: "Connections ended that no client closed and no restart ended.",
      impact: "Dashboards that show live figures connect again, and stand still meanwhile.",
      diagnosis: [
        {
          look: "Why did they end?",
          command: ask("sum by (reason) (increase(metrics_websocket_connections_closed_total[10m]))"),
        },
        {
          look: "Which tenant's?",
          command: ask(
            "topk(5, sum by (tenant_id) (increase(metrics_websocket_connections_closed_total[10m])))",
          ),
        },
      ],
      remedy: [
        "`heartbeat`: the network, or a proxy with too short a time limit.",
        "`slow_consumer`: clients that do not read; tell their owners.",
      ],
    },
    window: 10,
    proof: {
      inputs: [
        {
          series: 'metrics_websocket_connections_closed_total{tenant_id="acme", reason="heartbeat"}',
          firing: 5.2,
          under: 4.8,
        },
      ],
      settles: 10,
      says: "52 live connections were lost in 10 minutes.",
    },
  },
  {
    name: "BackgroundJobsFailing",
    when: { value: FAILED_JOBS, is: ">", threshold: 3 },
    for: "0m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    summary: "A background job fails again and again",
    description: "{{ $labels.job_name }} failed {{ $value | humanize }} times in 15 minutes.",
    runbook: {
      meaning: "A job is tried again by itself; one that goes on failing becomes a dead letter.",
      impact: "Roll-ups, retention or exports are late.",
      diagnosis: [
        { look: "What waits?", command: ask("sum by (queue, state) (metrics_background_jobs_queued)") },
        {
          look: "When did it succeed last?",
          command: ask("time() - metrics_background_job_last_success_timestamp_seconds"),
        },
      ],
      remedy: [
        "The log has the error under the component `jobs`: the database, the disk, or a fault of the job.",
      ],
    },
    window: 15,
    proof: {
      inputs: [
        {
          series: 'metrics_background_jobs_total{job_name="roll_up", result="failed"}',
          firing: 0.21,
          under: 0.19,
        },
      ],
      settles: 15,
      says: "roll_up failed 3.15 times in 15 minutes.",
      labels: { job_name: "roll_up" },
    },
  },
  {
    name: "LowUserActivity",
    when: { value: ACTIVE, is: "<", threshold: 10 },
    for: "30m",
    severity: "warning",
    component: "metrics-service",
    team: "product",
    labels: { kind: "business" },
    summary: "Fewer than 10 active users in an hour",
    description: "{{ $value }} users were active in the last hour.",
    runbook: {
      meaning: "Of all tenants together fewer than 10 users did something in an hour.",
      impact: "None at night. By day: users or their senders do not reach the service.",
      diagnosis: [
        { look: "Since when?", command: ask('sum(metrics_active_users_total{time_window="24h"})') },
        {
          look: "Do events come in?",
          command: ask("sum by (tenant_id) (rate(metrics_ingest_events_total[1h]))"),
        },
      ],
      remedy: ["No events: look at the senders and their keys."],
    },
    window: 1,
    proof: {
      inputs: [
        { series: 'metrics_active_users_total{tenant_id="acme", time_window="1h"}', firing: 9, under: 10 },
      ],
      says: "9 users were active in the last hour.",
    },
  },
];
