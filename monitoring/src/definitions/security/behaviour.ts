import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask, DENIALS } from "../runbooks/commands.ts";
import { DECIDED, decisions, ENOUGH } from "../gateway/decisions.ts";

const DENIED = `sum(rate(${series("sark_gateway_authz_requests_total", { decision: "deny" })}[5m]))`;
const LIMITED = `sum by (limit) (rate(${series("sark_gateway_rate_limit_violations_total")}[5m]))`;
const OF_ROLES = `sum(increase(${series("sark_policy_denials_total", { reason: ["denied_by_role", "denied_by_scope"] })}[10m]))`;
const FORBIDDEN = `(sum(increase(${series("sark_gateway_requests_total", { status: "403" })}[10m])) or vector(0))`;
const USERS_DENIED = `sum by (tenant, user) (increase(${series("sark_gateway_user_requests_total", { decision: "deny" })}[15m]))`;
const USERS_SHARE = `${USERS_DENIED} / sum by (tenant, user) (increase(${series("sark_gateway_user_requests_total")}[15m]))`;

function ofUser(decision: "allow" | "deny", firing: number, under: number) {
  return {
    series: `sark_gateway_user_requests_total{tenant="acme", user="mallory", decision="${decision}"}`,
    firing,
    under,
  };
}

export const behaviourAlerts: readonly Alert[] = [
  {
    name: "HighPolicyDenialRate",
    when: { value: `${DENIED} / ${DECIDED}`, is: ">", threshold: 0.5, guard: ENOUGH },
    for: "5m",
    severity: "critical",
    component: "security",
    team: "security",
    labels: { symptom: "denials" },
    summary: "More than half of all requests are denied",
    description: "{{ $value | humanizePercentage }} of authorization requests were denied for 5 minutes.",
    runbook: {
      meaning: "Policy denies most of what is asked for. HighDenyRate comes before it, at 30 %.",
      impact: "A policy forbids what people need, or many callers probe what they may do.",
      diagnosis: [
        {
          look: "One user, or all?",
          command: ask(
            'topk(5, sum by (tenant, user) (rate(sark_gateway_user_requests_total{decision="deny"}[5m])))',
          ),
        },
        {
          look: "Which policies deny?",
          command: ask('topk(5, sum by (policy) (rate(sark_policy_decisions_total{decision="deny"}[5m])))'),
        },
      ],
      remedy: [
        "All users: take the last change of the policies back (docs/policies.md).",
        "One user: revoke its key and end its sessions until its owner has explained it.",
      ],
    },
    window: 5,
    proof: {
      inputs: [decisions(288, 312), decisions(312, 288, "deny")],
      says: "52% of authorization requests were denied for 5 minutes.",
    },
  },
  {
    name: "RateLimitAbuse",
    when: { value: LIMITED, is: ">", threshold: 1 },
    for: "2m",
    severity: "warning",
    component: "security",
    team: "security",
    summary: "Callers keep running into rate limits",
    description:
      "{{ $value | humanize }} calls per second were refused by the limit of each {{ $labels.limit }}, for 2 minutes.",
    runbook: {
      meaning: "More than one call a second is over a limit: its sender does not wait as it is told to.",
      impact: "Others are served; the one over the limit is not.",
      diagnosis: [
        {
          look: "Which kind of limit, at which server?",
          command: ask(
            "topk(5, sum by (limit, server) (rate(sark_gateway_rate_limit_violations_total[5m])))",
          ),
        },
        { look: "Who is over its limit now?", command: "npm run gateway-admin -- rate-limits show" },
      ],
      remedy: [
        "An agent in a loop: tell its owner, or revoke its key.",
        "Wanted traffic: raise the limit (docs/limits.md).",
      ],
    },
    window: 5,
    proof: {
      inputs: [
        {
          series: 'sark_gateway_rate_limit_violations_total{limit="user", server="tools"}',
          firing: 63,
          under: 57,
        },
      ],
      settles: 5,
      says: "1.05 calls per second were refused by the limit of each user, for 2 minutes.",
      labels: { limit: "user" },
    },
  },
  {
    name: "PrivilegeEscalationAttempts",
    when: { value: `((${OF_ROLES} or vector(0)) + ${FORBIDDEN})`, is: ">", threshold: 10 },
    for: "0m",
    severity: "critical",
    component: "security",
    team: "security",
    summary: "Callers ask for what their role or token does not allow",
    description: "{{ $value | humanize }} requests in 10 minutes asked for more than a role or scope allows.",
    runbook: {
      meaning: "Requests beyond a role or the scope of a token, at tools or at endpoints of operators.",
      impact: "All of them were refused. A caller looks for a way to more rights, or was given too few.",
      diagnosis: [
        {
          look: "Which endpoints?",
          command: ask(
            'topk(5, sum by (operation) (increase(sark_gateway_requests_total{status="403"}[10m])))',
          ),
        },
        {
          look: "Whose requests are denied?",
          command: ask(
            'topk(5, sum by (tenant, user) (increase(sark_gateway_user_requests_total{decision="deny"}[10m])))',
          ),
        },
        { look: "What exactly was asked for?", command: DENIALS },
      ],
      remedy: [
        "Revoke the key of the caller, end its sessions, then ask its owner.",
        "Too few rights: give the role or scope that is missing.",
      ],
    },
    window: 10,
    proof: {
      inputs: [
        { series: 'sark_policy_denials_total{reason="denied_by_role"}', firing: 1.06, under: 0.94 },
        { series: 'sark_gateway_requests_total{operation="audit", status="403"}', firing: 0, under: 0 },
      ],
      settles: 10,
      says: "10.6 requests in 10 minutes asked for more than a role or scope allows.",
    },
  },
  {
    name: "SuspiciousUserActivity",
    when: {
      value: USERS_SHARE,
      is: ">",
      threshold: 0.5,
      and: { value: USERS_DENIED, is: ">", threshold: 20 },
    },
    for: "0m",
    severity: "warning",
    component: "security",
    team: "security",
    summary: "Most of what one user asks for is denied",
    description:
      "{{ $value | humanizePercentage }} of the requests of {{ $labels.user }} ({{ $labels.tenant }}) were denied in 15 minutes, more than 20.",
    runbook: {
      meaning: "One user is denied more often than not, and often: it tries what it may not do.",
      impact: "Nothing that policy denies is done.",
      diagnosis: [
        {
          look: "Since when?",
          command: ask(
            'sum by (tenant, user) (increase(sark_gateway_user_requests_total{decision="deny"}[1h]))',
          ),
        },
        { look: "What does it try?", command: DENIALS },
      ],
      remedy: [
        "Ask the owner of the user or agent. Without a good reason: revoke its key and end its sessions.",
      ],
    },
    window: 15,
    proof: {
      inputs: [ofUser("deny", 5.2, 4.8), ofUser("allow", 4.8, 5.2)],
      settles: 15,
      says: "52% of the requests of mallory (acme) were denied in 15 minutes, more than 20.",
      labels: { tenant: "acme", user: "mallory" },
    },
  },
];
