import { severityOf, type Severity } from "../fields/severity.ts";
import type { AuditEvent } from "../../../events/audit-event.ts";
import { resultOf } from "../fields/event-result.ts";

export const CATEGORY_UID = 6;
export const CLASS_UID = 6003;
/** Of every enumeration of the schema: next to it stands the source's own name. */
export const OTHER = 99;

const READING = new Set(["discovery", "resource_read", "prompt_get"]);

/** What a tool does to the world is not known to the gateway: it counts as `Other`, with a name. */
export function activityOf({ event_type: type }: AuditEvent): { id: number; name: string } {
  if (READING.has(type)) {
    return { id: 2, name: "Read" };
  }
  if (type === "tool_invoke") {
    return { id: OTHER, name: "Invoke" };
  }
  return { id: OTHER, name: type };
}

const SEVERITY: Readonly<Record<Severity, { readonly severity_id: number; readonly severity: string }>> = {
  critical_denial: { severity_id: 4, severity: "High" },
  denial: { severity_id: 3, severity: "Medium" },
  failure: { severity_id: 2, severity: "Low" },
  normal: { severity_id: 1, severity: "Informational" },
};

export function severityFieldsOf(record: AuditEvent): { severity_id: number; severity: string } {
  return SEVERITY[severityOf(record)];
}

export function statusOf(record: AuditEvent): { status_id: number; status: string } {
  switch (resultOf(record)) {
    case "success":
      return { status_id: 1, status: "Success" };
    case "failure":
      return { status_id: 2, status: "Failure" };
    case "unknown":
      return { status_id: OTHER, status: record.outcome ?? "Other" };
  }
}

/** The profile `security_control`. */
export function controlOf({ decision, outcome }: AuditEvent): object {
  if (decision === "allow") {
    return { action_id: 1, action: "Allowed", disposition_id: 1, disposition: "Allowed" };
  }
  return outcome === "rate_limited"
    ? { action_id: 2, action: "Denied", disposition_id: 25, disposition: "Rejected" }
    : { action_id: 2, action: "Denied", disposition_id: 2, disposition: "Blocked" };
}
