import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";
import { DECIDED, decisions } from "./decisions.ts";

const AUDITED = `sum(rate(${series("sark_gateway_audit_events_total")}[5m]))`;

export const trafficAlerts: readonly Alert[] = [
  {
    name: "HighGatewayRequestVolume",
    when: { value: DECIDED, is: ">", threshold: 1000 },
    for: "5m",
    severity: "warning",
    component: "gateway",
    team: "platform",
    summary: "More than 1000 requests per second",
    description: "{{ $value | humanize }} requests per second for 5 minutes.",
    runbook: {
      meaning: "The gateway decides more than it was sized for.",
      impact: "Latency grows; beyond its limits the gateway refuses requests.",
      diagnosis: [
        {
          look: "Which servers and actions are asked for?",
          command: ask("topk(5, sum by (server, action) (rate(sark_gateway_authz_requests_total[5m])))"),
        },
        {
          look: "Do rate limits hold?",
          command: ask("sum by (limit) (rate(sark_gateway_rate_limit_violations_total[5m]))"),
        },
      ],
      remedy: [
        "Wanted traffic: add workers or replicas (docs/replicas.md).",
        "One caller in a loop: set a limit for it (docs/limits.md).",
      ],
    },
    window: 5,
    proof: {
      inputs: [decisions(61_200, 58_800)],
      settles: 5,
      says: "1.02k requests per second for 5 minutes.",
    },
  },
  {
    name: "NoGatewayRequests",
    when: { value: DECIDED, is: "==", threshold: 0 },
    for: "10m",
    severity: "warning",
    component: "gateway",
    team: "platform",
    summary: "No request for 10 minutes",
    description: "Requests per second: {{ $value }}, for 10 minutes.",
    runbook: {
      meaning: "The gateway is scraped and has had requests, and nothing asks it for a decision now.",
      impact:
        "None where that is usual (a night, a test system: silence it then). Else clients do not reach the gateway.",
      diagnosis: [
        { look: "Are clients connected?", command: ask("sum(sark_gateway_active_connections)") },
        {
          look: "Are credentials refused, so that nothing comes to a decision?",
          command: ask("sum by (reason) (rate(sark_gateway_authentication_failures_total[10m]))"),
        },
        { look: "Is a replica drained?", command: ask("sark_gateway_draining == 1") },
      ],
      remedy: [
        "Check the way of the clients: DNS, load balancer, certificates.",
        "Drained by mistake: `npm run gateway-admin -- undrain`.",
      ],
    },
    window: 5,
    proof: { inputs: [decisions(0, 1)], says: "Requests per second: 0, for 10 minutes." },
  },
  {
    name: "AuditEventLoggingFailed",
    when: { value: `(${AUDITED} or vector(0))`, is: "==", threshold: 0, guard: { value: DECIDED, above: 0 } },
    for: "1m",
    severity: "critical",
    component: "audit",
    team: "security",
    summary: "Requests are decided and no audit event is committed",
    description: "Audit events per second: {{ $value }}, though requests are decided.",
    runbook: {
      meaning: "Decisions are made and nothing is written to the audit log.",
      impact:
        "Calls are refused unless the configuration lets them through without a record; then what they did cannot be proven.",
      diagnosis: [
        { look: "Is the audit store there?", command: ask("sark_audit_store_up") },
        {
          look: "How did writes fail?",
          command: ask("sum by (code) (rate(sark_audit_failed_writes_total[5m]))"),
        },
        {
          look: "Were calls let through without a record?",
          command: ask("increase(sark_audit_unrecorded_calls_total[1h])"),
        },
      ],
      remedy: [
        "Bring PostgreSQL back: connections, disk, locks.",
        "Then check that nothing is missing, as docs/audit/verify.md has it.",
      ],
    },
    window: 5,
    proof: {
      inputs: [
        decisions(600, 600),
        {
          series: 'sark_gateway_audit_events_total{decision="allow", event_type="tool_invoke"}',
          firing: 0,
          under: 1,
        },
      ],
      scarce: 0,
      says: "Audit events per second: 0, though requests are decided.",
    },
  },
];
