import type { AuditEvent } from "../../../events/audit-event.ts";

/** How an event ended, in the three words that every SIEM knows. */
export type EventResult = "success" | "failure" | "unknown";

/** An intent has not ended yet: it counts as a success of the decision. */
export function resultOf({ decision, outcome }: AuditEvent): EventResult {
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
