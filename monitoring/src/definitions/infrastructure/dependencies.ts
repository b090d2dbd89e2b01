import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask, STATUS } from "../runbooks/commands.ts";

const OPA = `min by (instance) (${series("sark_gateway_dependency_up", { dependency: "policy" })})`;
const STORE = `min by (instance) (${series("sark_audit_store_up", { job: "sark-gateway" })})`;
const POSTGRES = `min by (instance) (${series("pg_up")})`;
const SHARED = `min by (instance) (${series("sark_gateway_shared_state_up")})`;
const SIEM = `min by (platform, destination) (${series("sark_siem_connection_up", { job: "sark-gateway" })})`;
const QUARANTINE = `sum by (platform, destination) (increase(${series("sark_siem_events_quarantined_total", { job: "sark-gateway" })}[10m]))`;

function at(name: string, labels: string, firing = 0, under = 1) {
  return { series: `${name}{${labels}}`, firing, under };
}

export const dependencyAlerts: readonly Alert[] = [
  {
    name: "PolicyEngineDown",
    when: { value: OPA, is: "==", threshold: 0 },
    for: "1m",
    severity: "critical",
    component: "policy",
    team: "platform",
    summary: "The policy engine (OPA) does not respond",
    description: "The policy engine of {{ $labels.instance }} is up: {{ $value }} (0 is no), for 1 minute.",
    runbook: {
      meaning:
        "The gateway's last look at the policy engine failed. With OPA: it does not run, or has no policies.",
      impact: "Every call is refused: what cannot be decided is not let through.",
      diagnosis: [
        { look: "What does the gateway say of it?", command: STATUS },
        {
          look: "How do decisions fail?",
          command: ask('sum by (engine, code) (rate(sark_policy_evaluations_total{code=~"policy_.*"}[5m]))'),
        },
      ],
      remedy: [
        "Start OPA, or repair the way to it. Its own log says why it ended; a broken bundle is the usual cause.",
      ],
    },
    window: 1,
    proof: {
      inputs: [at("sark_gateway_dependency_up", 'instance="a", dependency="policy"')],
      says: "The policy engine of a is up: 0 (0 is no), for 1 minute.",
      labels: { instance: "a" },
    },
  },
  {
    name: "AuditStoreDown",
    when: { value: STORE, is: "==", threshold: 0 },
    for: "1m",
    severity: "critical",
    component: "audit",
    team: "platform",
    summary: "The audit store takes no events",
    description: "The audit store of {{ $labels.instance }} is up: {{ $value }} (0 is no), for 1 minute.",
    runbook: {
      meaning: "PostgreSQL does not take audit events of this replica.",
      impact: "Calls are refused, unless the configuration keeps events on the disk meanwhile.",
      diagnosis: [
        { look: "Is PostgreSQL there?", command: ask("pg_up") },
        { look: "Do events wait on the disk?", command: ask("sark_audit_spool_bytes") },
        {
          look: "How do writes fail?",
          command: ask("sum by (code) (rate(sark_audit_failed_writes_total[5m]))"),
        },
      ],
      remedy: [
        "Bring PostgreSQL back: its log, its disk, its connections. Events that wait are then written by themselves.",
      ],
    },
    window: 1,
    proof: {
      inputs: [at("sark_audit_store_up", 'job="sark-gateway", instance="a"')],
      says: "The audit store of a is up: 0 (0 is no), for 1 minute.",
      labels: { instance: "a" },
    },
  },
  {
    name: "PostgresDown",
    when: { value: POSTGRES, is: "==", threshold: 0 },
    for: "1m",
    severity: "critical",
    component: "database",
    team: "platform",
    summary: "PostgreSQL does not respond",
    description:
      "PostgreSQL, as {{ $labels.instance }} sees it, is up: {{ $value }} (0 is no), for 1 minute.",
    runbook: {
      meaning: "The exporter beside PostgreSQL cannot log in.",
      impact: "Services that use it refuse what must be on record.",
      diagnosis: [{ look: "Does it take connections?", command: 'pg_isready -d "$DATABASE_URL"' }],
      remedy: ["Start it; free its disk; end connections that keep it from taking others."],
    },
    window: 1,
    proof: {
      inputs: [at("pg_up", 'instance="a"')],
      says: "PostgreSQL, as a sees it, is up: 0 (0 is no), for 1 minute.",
      labels: { instance: "a" },
    },
  },
  {
    name: "SharedStateDown",
    // Where nothing is shared the gauge is not there.
    when: { value: SHARED, is: "==", threshold: 0 },
    for: "2m",
    severity: "warning",
    component: "gateway",
    team: "platform",
    summary: "Replicas cannot ask what they share (Redis)",
    description:
      "What {{ $labels.instance }} shares with other replicas is up: {{ $value }} (0 is no), for 2 minutes.",
    runbook: {
      meaning: "Redis or Valkey does not respond.",
      impact: "Limits are those of each replica alone: a caller can have as many as there are replicas.",
      diagnosis: [
        {
          look: "How do requests fail?",
          command: ask("sum by (reason) (rate(sark_gateway_shared_state_failures_total[5m]))"),
        },
        { look: "Is it there?", command: ask("redis_up") },
      ],
      remedy: ["Start Redis, or repair the way to it. Limits are shared again by themselves."],
    },
    window: 1,
    proof: {
      inputs: [at("sark_gateway_shared_state_up", 'instance="a"')],
      says: "What a shares with other replicas is up: 0 (0 is no), for 2 minutes.",
      labels: { instance: "a" },
    },
  },
  {
    name: "SiemIntegrationFailing",
    when: { value: SIEM, is: "==", threshold: 0 },
    for: "5m",
    severity: "critical",
    component: "siem",
    team: "security",
    summary: "A SIEM takes no events",
    description:
      "The connection to {{ $labels.destination }} ({{ $labels.platform }}) is up: {{ $value }} (0 is no), for 5 minutes.",
    runbook: {
      meaning: "The last request to this destination failed.",
      impact:
        "Its events wait in the audit log and are delivered later; nothing is lost. Detection there is blind meanwhile.",
      diagnosis: [
        {
          look: "How many wait, and since when?",
          command: ask("max by (destination) (sark_siem_backlog_seconds)"),
        },
        { look: "What does the destination say?", command: "npm run gateway-admin -- siem status" },
      ],
      remedy: [
        "401 or 403: renew its token. 429: ask its owner for more room. No connection: repair the way to it.",
        "A fault of configuration pauses it: mend it, then `npm run gateway-admin -- siem resume NAME`.",
      ],
    },
    window: 1,
    proof: {
      inputs: [at("sark_siem_connection_up", 'job="sark-gateway", platform="splunk_hec", destination="soc"')],
      says: "The connection to soc (splunk_hec) is up: 0 (0 is no), for 5 minutes.",
      labels: { platform: "splunk_hec", destination: "soc" },
    },
  },
  {
    name: "SiemEventsQuarantined",
    when: { value: QUARANTINE, is: ">", threshold: 0 },
    for: "0m",
    severity: "warning",
    component: "siem",
    team: "security",
    summary: "A SIEM has refused events for good",
    description:
      "{{ $value | humanize }} events for {{ $labels.destination }} ({{ $labels.platform }}) went into quarantine in 10 minutes.",
    runbook: {
      meaning: "The destination refuses these events, and would refuse them again.",
      impact: "They are missing there until they are replayed; they are in the audit log and in quarantine.",
      diagnosis: [
        { look: "Why were they refused?", command: "npm run gateway-admin -- siem quarantine NAME" },
      ],
      remedy: ["Mend the reason (index, field, size), then replay them: docs/audit/delivery.md."],
    },
    window: 10,
    proof: {
      inputs: [
        {
          series:
            'sark_siem_events_quarantined_total{job="sark-gateway", platform="splunk_hec", destination="soc"}',
          firing: 0.1,
          under: 0,
        },
      ],
      settles: 1,
      says: "300m events for soc (splunk_hec) went into quarantine in 10 minutes.",
      labels: { platform: "splunk_hec", destination: "soc" },
    },
  },
];
