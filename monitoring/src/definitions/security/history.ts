import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const SET_BACK = `sum(increase(${series("sark_audit_store_set_back_total")}[10m]))`;
const REFUSED = `sum(increase(${series("sark_audit_log_refusals_total")}[10m]))`;

export const historyAlerts: readonly Alert[] = [
  {
    name: "AuditHistoryChanged",
    when: { value: `((${SET_BACK} or vector(0)) + (${REFUSED} or vector(0)))`, is: ">", threshold: 0 },
    for: "0m",
    severity: "critical",
    // Of the audit log, and not silenced while the gateway is down: it may have ended with its database.
    component: "security",
    team: "security",
    summary: "The audit database has lost or changed what was on record",
    description:
      "The audit database contradicted what it had committed, or what was signed, {{ $value | humanize }} times in 10 minutes.",
    runbook: {
      meaning:
        "A standby took over without the last commits, an older state was restored, or stored events were changed.",
      impact:
        "Records that callers were told of are missing or altered. Calls go on; where signed events are concerned, nothing more is signed.",
      diagnosis: [
        {
          look: "From which number on are events missing? From `next_seq` to `seq`; where `next_seq` is above `seq`, others have their numbers",
          command: "grep -h 'store_set_back' $LOGS/security-audit.*.jsonl | tail -n 5",
        },
        {
          look: "Does it contradict what was signed, and how?",
          command: ask("sum by (code, instance) (increase(sark_audit_log_refusals_total[1h]))"),
        },
        {
          look: "What does the verifier find?",
          command: "npm run audit -- verify --key .sark/audit-log.vkey",
        },
      ],
      remedy: [
        "Keep the former database, its disk and the log files: each lost event has its line `audit event recorded` there, and SIEMs may have it.",
        "Where the former primary still has them, restore that one. Else go by docs/backup.md, from step 3 of its restore on, and tell the auditors.",
        "Have a standby take over only when it has all commits (`synchronous_standby_names`).",
      ],
    },
    window: 10,
    proof: {
      inputs: [
        { series: 'sark_audit_store_set_back_total{instance="a"}', firing: 0.1, under: 0 },
        { series: 'sark_audit_log_refusals_total{instance="a", code="rollback"}', firing: 0, under: 0 },
      ],
      settles: 1,
      says: "The audit database contradicted what it had committed, or what was signed, 300m times in 10 minutes.",
    },
  },
];
