import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask, STATUS } from "../runbooks/commands.ts";

/** Scrapes are requests, too: one that is up has some, and nothing else is needed to know that it serves. */
const SERVED = `(sum(rate(${series("sark_gateway_requests_total")}[2m])) or vector(0))`;
const WAITING = `sum by (instance, pool, name) (${series("sark_gateway_pool_waiting")})`;

export const capacityAlerts: readonly Alert[] = [
  {
    name: "GatewayDown",
    when: { value: SERVED, is: "==", threshold: 0 },
    for: "2m",
    severity: "critical",
    component: "gateway",
    team: "platform",
    summary: "No gateway serves a request",
    description:
      "Requests per second of all gateways: {{ $value }}, for 2 minutes; not even a scrape was served.",
    runbook: {
      meaning: "No replica has served a request, scrapes included: none runs, or Prometheus reaches none.",
      impact: "No agent can call a tool. Nothing is let through undecided.",
      diagnosis: [
        { look: "Which replicas does Prometheus reach?", command: ask('up{job="sark-gateway"}') },
        { look: "What does the gateway say itself?", command: STATUS },
        { look: "Why did it end?", command: "tail -n 50 $LOGS/exceptions.*.jsonl" },
      ],
      remedy: [
        "Start it. If it ends again, its last line names the setting or the part that is missing.",
        "If it runs: repair the way from Prometheus (network, key of the scrape, certificate).",
      ],
    },
    window: 2,
    proof: {
      inputs: [
        { series: 'sark_gateway_requests_total{operation="metrics", status="200"}', firing: 0, under: 4 },
      ],
      settles: 0,
      says: "Requests per second of all gateways: 0, for 2 minutes; not even a scrape was served.",
    },
    watchesAbsence: true,
  },
  {
    name: "ConnectionPoolExhausted",
    when: { value: WAITING, is: ">", threshold: 0 },
    for: "2m",
    severity: "critical",
    component: "gateway",
    team: "platform",
    summary: "A pool has no connection free",
    description:
      "{{ $value }} wait for a connection of the pool {{ $labels.pool }} {{ $labels.name }} at {{ $labels.instance }}, for 2 minutes.",
    runbook: {
      meaning: "Everything that a pool may open is in use, and work waits for it.",
      impact: "Calls are slow; with the queue full they are refused.",
      diagnosis: [
        {
          look: "How much of each pool is in use?",
          command: ask('sum by (pool, name) (sark_gateway_pool_connections{state="in_use"})'),
        },
        {
          look: "Database: is a statement slow?",
          command: ask("sum by (result) (rate(sark_gateway_slow_statements_total[5m]))"),
        },
        {
          look: "Calls: does the server respond?",
          command: ask("topk(5, sum by (server, error_type) (rate(sark_gateway_upstream_errors_total[5m])))"),
        },
      ],
      remedy: [
        "Database: end what holds locks; then raise the pool's size, within what PostgreSQL takes.",
        "Calls and sessions: raise the limit of the server, or run another replica.",
      ],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'sark_gateway_pool_waiting{pool="database", name="sark-audit", instance="a"}',
          firing: 1,
          under: 0,
        },
      ],
      says: "1 wait for a connection of the pool database sark-audit at a, for 2 minutes.",
      labels: { pool: "database", name: "sark-audit", instance: "a" },
    },
  },
];
