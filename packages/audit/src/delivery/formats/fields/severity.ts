import type { AuditEvent } from "../../../events/audit-event.ts";
import { resultOf } from "./event-result.ts";

/** How much an event calls for attention. Formats and sinks have their own words for it, each as a table. */
export const SEVERITIES = ["critical_denial", "denial", "failure", "normal"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A denial comes before the result: it is a failure of the caller, and no fault of a system. */
export function severityOf(record: AuditEvent): Severity {
  if (record.decision === "deny") {
    return record.sensitivity === "critical" ? "critical_denial" : "denial";
  }
  return resultOf(record) === "failure" ? "failure" : "normal";
}
