import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { requests } from "../clients/proof.ts";
import { OF_CLIENTS } from "../clients/requests.ts";
import { ask, STATUS } from "../runbooks/commands.ts";

export const REQUESTS = `sum(rate(${series("sark_gateway_requests_total", { operation: OF_CLIENTS })}[5m]))`;
export const FAILED = `sum(rate(${series("sark_gateway_requests_total", { operation: OF_CLIENTS, status: { pattern: "5.." } })}[5m]))`;
const P95 = `histogram_quantile(0.95, sum by (le) (rate(${series("sark_gateway_request_duration_seconds_bucket", { operation: OF_CLIENTS })}[5m])))`;
const CALLS = `sum(rate(${series("sark_gateway_calls_total")}[10m]))`;
const SUCCEEDED = `sum(rate(${series("sark_gateway_calls_total", { outcome: ["ok", "input_required", "cancelled"] })}[10m]))`;

function bucket(le: string, firing: number, under: number) {
  return {
    series: `sark_gateway_request_duration_seconds_bucket{operation="mcp", le="${le}"}`,
    firing,
    under,
  };
}
function calls(outcome: string, firing: number, under: number) {
  return {
    series: `sark_gateway_calls_total{server="tools", kind="tool", outcome="${outcome}"}`,
    firing,
    under,
  };
}

export const errorAlerts: readonly Alert[] = [
  {
    name: "GatewayHighErrorRate",
    when: {
      value: `${FAILED} / ${REQUESTS}`,
      is: ">",
      threshold: 0.05,
      guard: { value: REQUESTS, above: 0.1 },
    },
    for: "5m",
    severity: "critical",
    component: "gateway",
    team: "platform",
    summary: "More than 5 % of HTTP requests fail at the gateway",
    description: "{{ $value | humanizePercentage }} of HTTP requests had a status of 5xx for 5 minutes.",
    runbook: {
      meaning: "The gateway responds with 500 and above: its own faults, or what it depends on is away.",
      impact: "Clients get no result; calls that were let through are on record.",
      diagnosis: [
        {
          look: "Which routes and statuses?",
          command: ask(
            'topk(5, sum by (operation, status) (rate(sark_gateway_requests_total{status=~"5.."}[5m])))',
          ),
        },
        {
          look: "Which errors does the gateway log?",
          command: ask("topk(5, sum by (component, type) (rate(sark_gateway_errors_total[5m])))"),
        },
        { look: "How is each component?", command: STATUS },
      ],
      remedy: [
        "503: bring back what the status calls down (policy engine, audit store), or undrain the replica.",
        "500: the log has the stack under the correlation id; roll back the last deployment if it began with it.",
      ],
    },
    window: 5,
    proof: {
      inputs: [requests("200", 567, 572), requests("503", 33, 28)],
      says: "5.5% of HTTP requests had a status of 5xx for 5 minutes.",
    },
  },
  {
    name: "GatewayHighLatency",
    when: { value: P95, is: ">", threshold: 2, guard: { value: REQUESTS, above: 0.1 } },
    for: "5m",
    severity: "warning",
    component: "gateway",
    team: "platform",
    summary: "Requests are slow: P95 above 2 s",
    description: "P95 of HTTP requests is {{ $value | humanizeDuration }}, above 2 s for 5 minutes.",
    runbook: {
      meaning: "One in twenty requests takes longer than 2 s, the upstream server's time included.",
      impact: "Agents wait; beyond their own time limits they give up.",
      diagnosis: [
        {
          look: "Is it a server behind the gateway?",
          command: ask(
            "topk(5, histogram_quantile(0.95, sum by (server, tool, le) (rate(sark_gateway_tool_execution_seconds_bucket[5m]))))",
          ),
        },
        {
          look: "Or deciding?",
          command: ask(
            "histogram_quantile(0.95, sum by (le) (rate(sark_gateway_authz_latency_seconds_bucket[5m])))",
          ),
        },
        {
          look: "Or the audit store?",
          command: ask(
            "histogram_quantile(0.95, sum by (le) (rate(sark_audit_write_duration_seconds_bucket[5m])))",
          ),
        },
      ],
      remedy: [
        "A server: ask its owner; set a time limit for it (`upstreams.*.timeout`).",
        "Deciding: see HighGatewayAuthorizationLatency. The audit store: look at PostgreSQL's disk and locks.",
      ],
    },
    window: 5,
    proof: {
      inputs: [
        requests("200", 600, 600),
        bucket("1", 540, 540),
        bucket("2.5", 581, 588),
        bucket("+Inf", 600, 600),
        bucket("5", 600, 600),
      ],
      says: "P95 of HTTP requests is 2.098s, above 2 s for 5 minutes.",
    },
  },
  {
    name: "GatewayLowSuccessRate",
    when: {
      value: `${SUCCEEDED} / ${CALLS}`,
      is: "<",
      threshold: 0.95,
      guard: { value: CALLS, above: 0.1 },
    },
    for: "10m",
    severity: "warning",
    component: "upstream",
    team: "platform",
    summary: "Less than 95 % of permitted calls succeed",
    description: "Only {{ $value | humanizePercentage }} of permitted calls succeeded for 10 minutes.",
    runbook: {
      meaning: "Calls that policy allowed end in an error of the tool, its server or the way there.",
      impact: "Agents do not get their work done, though they may do it.",
      diagnosis: [
        {
          look: "How do calls end, at which server?",
          command: ask(
            'topk(5, sum by (server, outcome) (rate(sark_gateway_calls_total{outcome!="ok"}[10m])))',
          ),
        },
        {
          look: "Which tool?",
          command: ask(
            'topk(5, sum by (server, tool) (rate(sark_gateway_tool_calls_total{outcome="tool_error"}[10m])))',
          ),
        },
      ],
      remedy: [
        "`upstream_error`, `timeout`: restart or repair that server.",
        "`tool_error`: the tool ran and refused its arguments; ask who changed the agent or the tool.",
      ],
    },
    window: 10,
    proof: {
      inputs: [calls("ok", 564, 573), calls("tool_error", 36, 27)],
      says: "Only 94% of permitted calls succeeded for 10 minutes.",
    },
  },
];
