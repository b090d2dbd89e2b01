import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const FAILURES = `sum(rate(${series("sark_gateway_authentication_failures_total", { reason: { not: ["missing_credentials"] } })}[5m]))`;
/** None of these happens by mistake: who sends them has made them up. */
const FORGED = `sum(increase(${series("sark_gateway_authentication_failures_total", { reason: ["bad_signature", "unsupported_algorithm", "unknown_signing_key", "exceeds_issuer", "unconfirmed_token"] })}[10m]))`;
const FORGED_BETWEEN = `sum(increase(${series("sark_gateway_forwarded_refused_total", { reason: ["not_authentic", "repeated"] })}[10m]))`;

function failures(reason: string, firing: number, under: number) {
  return { series: `sark_gateway_authentication_failures_total{reason="${reason}"}`, firing, under };
}
function betweenReplicas(firing: number, under: number) {
  return { series: 'sark_gateway_forwarded_refused_total{reason="not_authentic"}', firing, under };
}

export const credentialAlerts: readonly Alert[] = [
  {
    name: "UnusualAuthenticationFailures",
    when: { value: FAILURES, is: ">", threshold: 0.5 },
    for: "2m",
    severity: "warning",
    component: "security",
    team: "security",
    summary: "Many requests have a credential that is not accepted",
    description: "{{ $value | humanize }} credentials per second were not accepted, for 2 minutes.",
    runbook: {
      meaning: "More than one credential in two seconds is refused. Requests without any are not counted.",
      impact: "A key is being guessed, or a client has an old key and tries without end.",
      diagnosis: [
        {
          look: "Why are they refused?",
          command: ask("sum by (reason) (rate(sark_gateway_authentication_failures_total[5m]))"),
        },
        {
          look: "From which addresses?",
          command: "grep -h 'authentication failed' $LOGS/security-audit.*.jsonl | tail -n 20",
        },
      ],
      remedy: [
        "`unknown_key` from a few addresses: block them in front of the gateway; keys cannot be guessed in time.",
        "`expired_key`, `expired_token`: tell the owner of the client; it is no attack.",
      ],
    },
    window: 5,
    proof: {
      inputs: [failures("unknown_key", 31.5, 28.5)],
      settles: 5,
      says: "525m credentials per second were not accepted, for 2 minutes.",
    },
  },
  {
    name: "SecurityBreachSuspected",
    when: { value: `((${FORGED} or vector(0)) + (${FORGED_BETWEEN} or vector(0)))`, is: ">", threshold: 5 },
    for: "0m",
    severity: "critical",
    component: "security",
    team: "security",
    summary: "Forged credentials or forged messages between replicas",
    description: "{{ $value | humanize }} forged credentials or messages in 10 minutes.",
    runbook: {
      meaning:
        "Tokens with a wrong signature or algorithm, or messages between replicas that none of them sent.",
      impact: "None of them was taken. Their sender knows the system from within, or holds a part of it.",
      diagnosis: [
        {
          look: "Forged tokens?",
          command: ask(
            'sum by (reason) (increase(sark_gateway_authentication_failures_total{reason=~"bad_signature|unsupported_algorithm|unknown_signing_key"}[10m]))',
          ),
        },
        {
          look: "Forged messages between replicas?",
          command: ask("sum by (reason, instance) (increase(sark_gateway_forwarded_refused_total[10m]))"),
        },
        {
          look: "Is the audit log as it was signed?",
          command: "npm run audit -- verify --key .sark/audit-log.vkey",
        },
      ],
      remedy: [
        "Find the address in the security log and cut it off.",
        "Between replicas: close their port to all but replicas, and renew their key.",
        "Renew signing keys that may have been read; verify the audit log and keep the result.",
      ],
    },
    window: 10,
    proof: {
      inputs: [failures("bad_signature", 0.53, 0.47), betweenReplicas(0, 0)],
      settles: 10,
      says: "5.3 forged credentials or messages in 10 minutes.",
    },
  },
];
