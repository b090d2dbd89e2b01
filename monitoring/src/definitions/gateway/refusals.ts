import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask, STATUS } from "../runbooks/commands.ts";
import { requests } from "../clients/proof.ts";
import { errorsOfClients } from "../clients/requests.ts";
import { decisions, share } from "./decisions.ts";

const { errors: ERRORS, asked: ASKED } = errorsOfClients("5m");
const DENIED = `sum(rate(${series("sark_gateway_authz_requests_total", { decision: "deny" })}[10m]))`;
const DECIDED_10M = `sum(rate(${series("sark_gateway_authz_requests_total")}[10m]))`;
const A2A_DENIED = `sum(rate(${series("sark_a2a_authz_requests_total", { decision: "deny" })}[10m]))`;
const A2A = `sum(rate(${series("sark_a2a_authz_requests_total")}[10m]))`;
function a2a(decision: "allow" | "deny", firing: number, under: number) {
  return {
    series: `sark_a2a_authz_requests_total{decision="${decision}", source_type="worker", target_type="service"}`,
    firing,
    under,
  };
}
function failed(operation: string, type: string, firing: number, under: number) {
  return {
    series: `sark_gateway_client_errors_total{error_type="${type}", operation="${operation}"}`,
    firing,
    under,
  };
}
function succeeded(firing: number, under: number) {
  return { series: 'sark_gateway_calls_total{server="tools", kind="tool", outcome="ok"}', firing, under };
}

export const refusalAlerts: readonly Alert[] = [
  {
    name: "GatewayClientErrors",
    when: { value: share(ERRORS, ASKED), is: ">", threshold: 0.1, guard: { value: ASKED, above: 0.1 } },
    for: "5m",
    severity: "critical",
    component: "gateway",
    team: "platform",
    summary: "More than 10 % of requests end in an error",
    description:
      "{{ $value | humanizePercentage }} of requests were refused or failed for 5 minutes, denials left out.",
    runbook: {
      meaning:
        "Errors that are not denials, over errors and successes together: refused credentials, invalid requests, limits, upstream faults, the gateway's own.",
      impact: "Agents cannot use their tools, wholly or in part.",
      diagnosis: [
        {
          look: "Which errors, at which operation? docs/reference/errors.md says what each is.",
          command: ask(
            "topk(5, sum by (operation, error_type) (rate(sark_gateway_client_errors_total[5m])))",
          ),
        },
        {
          look: "Which upstream server fails?",
          command: ask("topk(5, sum by (server, error_type) (rate(sark_gateway_upstream_errors_total[5m])))"),
        },
        { look: "How is each component?", command: STATUS },
      ],
      remedy: [
        "-32603 or -32013: the upstream server named above; restart or repair it.",
        "-32012: policy engine or audit store are down: bring back the one that the status names.",
        "-32600 to -32602: a client was changed lately; its requests are invalid, roll it back.",
      ],
    },
    window: 5,
    proof: {
      inputs: [
        succeeded(437, 443),
        requests("200", 100, 100, "authorize"),
        failed("tools/call", "-32603", 63, 57),
        failed("tools/call", "-32010", 200, 200),
        failed("tls", "handshake_failed", 200, 200),
        failed("jwks", "fetch_failed", 200, 200),
        requests("200", 200, 200, "metrics"),
      ],
      says: "10.5% of requests were refused or failed for 5 minutes, denials left out.",
      more: [
        {
          case: "is no more than all, where there are more errors than decisions",
          inputs: [
            failed("mcp", "invalid_token", 540, 540),
            requests("401", 540, 540),
            decisions(60, 60),
            succeeded(60, 60),
          ],
          says: "90% of requests were refused or failed for 5 minutes, denials left out.",
        },
        {
          case: "is all where nothing succeeds",
          inputs: [failed("mcp", "invalid_token", 540, 540), requests("401", 540, 540)],
          says: "100% of requests were refused or failed for 5 minutes, denials left out.",
        },
      ],
    },
  },
  {
    name: "HighDenyRate",
    when: {
      value: share(DENIED, DECIDED_10M),
      is: ">",
      threshold: 0.3,
      guard: { value: DECIDED_10M, above: 0.1 },
    },
    for: "10m",
    severity: "warning",
    component: "policy",
    team: "security",
    summary: "More than 30 % of authorization requests are denied",
    description: "{{ $value | humanizePercentage }} of authorization requests were denied for 10 minutes.",
    runbook: {
      meaning: "Policy denies nearly a third of what is asked for.",
      impact: "Either a policy forbids what people need, or a caller probes what it may do.",
      diagnosis: [
        {
          look: "Where are calls denied?",
          command: ask(
            'topk(5, sum by (server, action) (rate(sark_gateway_authz_requests_total{decision="deny"}[10m])))',
          ),
        },
        {
          look: "Why? The codes are those of decisions.",
          command: ask('sum by (code) (rate(sark_policy_evaluations_total{code!="allowed"}[10m]))'),
        },
        { look: "Were policies loaded lately?", command: ask("changes(sark_policy_active_policies[1h])") },
      ],
      remedy: [
        "A new policy: replay it over recorded decisions (docs/policies.md), correct it, or take it back.",
        "One caller: find it in the audit log, ask its owner, and end its sessions if it has no good reason.",
      ],
    },
    window: 10,
    proof: {
      inputs: [decisions(412, 430), decisions(188, 170, "deny")],
      says: "31.33% of authorization requests were denied for 10 minutes.",
    },
  },
  {
    name: "HighA2ADenyRate",
    when: { value: share(A2A_DENIED, A2A), is: ">", threshold: 0.5, guard: { value: A2A, above: 0.1 } },
    for: "10m",
    severity: "warning",
    component: "policy",
    team: "security",
    summary: "More than half of the requests between agents are denied",
    description: "{{ $value | humanizePercentage }} of requests between agents were denied for 10 minutes.",
    runbook: {
      meaning: "Agents ask other agents for what policy forbids.",
      impact: "Agents cannot work together, or one of them tries what it must not.",
      diagnosis: [
        {
          look: "Between which types of agents?",
          command: ask(
            'sum by (source_type, target_type) (rate(sark_a2a_authz_requests_total{decision="deny"}[10m]))',
          ),
        },
      ],
      remedy: [
        "A policy that forbids wanted work: correct it (docs/policies.md).",
        "An agent out of control: revoke its key, end its sessions.",
      ],
    },
    window: 10,
    proof: {
      inputs: [a2a("deny", 312, 291), a2a("allow", 288, 309)],
      says: "52% of requests between agents were denied for 10 minutes.",
    },
  },
];
