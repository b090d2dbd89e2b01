import type { AuditEvent } from "../../../events/audit-event.ts";

/** One sentence on what happened, for lists of log lines. */
export function sentenceOf(record: AuditEvent): string {
  const who = record.user_id ?? record.agent_id ?? "unknown";
  const what = [record.event_type, record.tool_name].filter((part) => part !== undefined).join(" ");
  const where = record.server_name === undefined ? "" : ` on ${record.server_name}`;
  const end = record.outcome ?? record.decision;
  const by = record.submitted_by === undefined ? "" : `, submitted by ${record.submitted_by}`;
  return `${who}: ${what}${where}: ${end} (${record.reason})${by}`;
}
