import type { AuditEvent } from "../../events/audit-event.ts";
import { canonicalJson } from "../../json/canonical-json.ts";
import { toDeliverableEvent, type DeliverableEvent } from "../audit-events/deliverable-event.ts";

const START = Date.parse("2026-03-01T08:00:00Z");

/** An event as it would come out of the store, number `seq`; `change` replaces fields. */
export function makeEvent(seq: number, change: Partial<AuditEvent> = {}): DeliverableEvent {
  const id = `01900000-0000-7000-8000-${String(seq).padStart(12, "0")}`;
  const at = new Date(START + seq * 1_000).toISOString().replace("Z", "000Z");
  const record: AuditEvent = {
    id,
    timestamp: at,
    created_at: at,
    event_type: "tool_invoke",
    user_id: "alice",
    server_name: "everything",
    tool_name: "echo",
    decision: "allow",
    reason: "permitted by policy",
    gateway_request_id: `request-${seq}`,
    phase: "intent",
    metadata: { method: "tools/call" },
    ...change,
  };
  return toDeliverableEvent(seq, record.id, canonicalJson(record));
}

export function makeEvents(
  count: number,
  change: (seq: number) => Partial<AuditEvent> = () => ({}),
): DeliverableEvent[] {
  return Array.from({ length: count }, (_, seq) => makeEvent(seq, change(seq)));
}
