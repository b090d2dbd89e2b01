import type { AuditEvent } from "../../../events/audit-event.ts";

/** How an event ended, in the three words that every SIEM knows. */
export type Verdict = "success" | "failure" | "unknown";

/** An intent has not ended yet: it counts as a success of the decision. */
export function verdictOf({ decision, outcome }: AuditEvent): Verdict {
  if (decision === "deny") {
    return "failure";
  }
  switch (outcome) {
    case undefined:
    case "ok":
    case "input_required":
      return "success";
    case "cancelled":
      return "unknown";
    default:
      return "failure";
  }
}

/** One sentence on what happened, for lists of log lines. */
export function sentenceOf(record: AuditEvent): string {
  const who = record.user_id ?? record.agent_id ?? "somebody";
  const what = [record.event_type, record.tool_name].filter((part) => part !== undefined).join(" ");
  const where = record.server_name === undefined ? "" : ` on ${record.server_name}`;
  const end = record.outcome ?? record.decision;
  const by = record.submitted_by === undefined ? "" : `, submitted by ${record.submitted_by}`;
  return `${who}: ${what}${where}: ${end} (${record.reason})${by}`;
}
