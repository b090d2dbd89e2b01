import { z } from "zod";
import { AuditError } from "../../errors.ts";
import { auditRecordSchema } from "../../events/gateway-event.ts";

const name = z.string().min(1).max(512);
const time = z.union([z.date(), z.iso.datetime({ offset: true })]);
const { decision, outcome } = auditRecordSchema.shape;

const filterSchema = z.strictObject({
  user_id: name.optional(),
  agent_id: name.optional(),
  server_name: name.optional(),
  tool_name: name.optional(),
  event_type: name.optional(),
  decision: decision.optional(),
  gateway_request_id: name.optional(),
  /** No index serves the next two: narrow them by time or by one of the others. */
  tenant_id: name.optional(),
  outcome: outcome.unwrap().unwrap().optional(),
  /** When the event happened: from, inclusive, to, exclusive. RFC 3339 or `Date`. */
  from: time.optional(),
  to: time.optional(),
});

/** What to look for; all that is given must hold. */
export type EventFilter = z.input<typeof filterSchema>;

/** Throws `invalid_query` naming the first field at fault. */
export function parseFilter(filter: unknown): EventFilter {
  const parsed = filterSchema.safeParse(filter);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field =
    issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? "") : (issue?.path.join(".") ?? "filter");
  throw new AuditError("invalid_query", `${field}: ${issue?.message ?? "not valid"}`, { field });
}

/** SQL for a filter, its parameters starting at `$1`. */
export interface Conditions {
  readonly sql: readonly string[];
  readonly values: readonly unknown[];
}

export function toConditions(filter: EventFilter): Conditions {
  const sql: string[] = [];
  const values: unknown[] = [];
  for (const [field, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    values.push(value);
    if (field === "from") sql.push(`"timestamp" >= $${values.length}::timestamptz`);
    else if (field === "to") sql.push(`"timestamp" < $${values.length}::timestamptz`);
    else sql.push(`"${field}" = $${values.length}`);
  }
  return { sql, values };
}
