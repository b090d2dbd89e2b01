import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

/** A way that fails is tried again once in each `group_interval`, of 5 m: two of them fall into this window, always. */
const NOT_SENT = `sum by (integration) (increase(${series("alertmanager_notifications_failed_total")}[15m]))`;
const NOT_SCRAPED = `min by (job, instance) (${series("up", { job: { not: ["sark-metrics"] } })})`;

export const alertingAlerts: readonly Alert[] = [
  {
    name: "Watchdog",
    when: { value: "vector(1)", is: ">", threshold: 0 },
    for: "0m",
    severity: "none",
    component: "monitoring",
    team: "platform",
    summary: "Alerts arrive",
    description: "Always firing ({{ $value }}): its receiver raises the alarm when it stops.",
    runbook: {
      meaning: "The dead man's switch: Prometheus evaluates rules, and Alertmanager delivers.",
      impact: "None while it fires. When it stops, no other alert arrives either.",
      diagnosis: [
        {
          look: "Does Prometheus reach Alertmanager?",
          command: ask("prometheus_notifications_alertmanagers_discovered"),
        },
        { look: "Are alerts dropped?", command: ask("rate(prometheus_notifications_dropped_total[5m])") },
      ],
      remedy: ["Start what does not run: Prometheus, Alertmanager, the way from one to the other."],
    },
    window: 1,
    heartbeat: true,
    proof: { inputs: [], says: "Always firing (1): its receiver raises the alarm when it stops." },
  },
  {
    name: "TargetDown",
    when: { value: NOT_SCRAPED, is: "==", threshold: 0 },
    for: "5m",
    severity: "warning",
    component: "monitoring",
    team: "platform",
    summary: "A target cannot be scraped",
    description:
      "{{ $labels.job }} {{ $labels.instance }} lets itself be scraped: {{ $value }} (0 is no), for 5 minutes.",
    runbook: {
      meaning:
        "Prometheus gets no metrics of this target: it does not run, refuses the credential, or cannot be reached.",
      impact: "Alerts about it are blind.",
      diagnosis: [{ look: "What is the error?", command: 'curl -fsS "$PROM/api/v1/targets?state=active"' }],
      remedy: ["401: give Prometheus the key again. Refused: start it. Time-out: repair the way to it."],
    },
    window: 1,
    proof: {
      inputs: [{ series: 'up{job="node", instance="a"}', firing: 0, under: 1 }],
      says: "node a lets itself be scraped: 0 (0 is no), for 5 minutes.",
      labels: { job: "node", instance: "a" },
    },
  },
  {
    name: "NotificationsFailing",
    when: { value: NOT_SENT, is: ">", threshold: 0 },
    for: "5m",
    severity: "critical",
    component: "monitoring",
    team: "platform",
    summary: "Alertmanager cannot deliver notifications",
    description: "{{ $value | humanize }} notifications by {{ $labels.integration }} failed in 15 minutes.",
    runbook: {
      meaning: "A receiver of alerts does not take them.",
      impact: "Alerts of that receiver reach no one; others still arrive.",
      diagnosis: [
        {
          look: "Which way fails?",
          command: ask("sum by (integration) (increase(alertmanager_notifications_failed_total[15m]))"),
        },
        {
          look: "Is the configuration good?",
          command: "amtool check-config monitoring/alertmanager/alertmanager.yml",
        },
      ],
      remedy: ["Renew the key or address in the receiver's file; Alertmanager reads it again by itself."],
    },
    window: 15,
    proof: {
      inputs: [
        {
          series: 'alertmanager_notifications_failed_total{integration="slack", instance="a"}',
          firing: 0.2,
          under: 0,
        },
      ],
      settles: 1,
      says: "1.6 notifications by slack failed in 15 minutes.",
      labels: { integration: "slack" },
    },
  },
];
