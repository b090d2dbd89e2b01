import { queryDatabase } from "@sark/testkit";
import type { AuditRecord } from "../../events/record.ts";

/** A record of a tool call that was let through, with what a test changes of it. */
export function callIntent(change: Partial<AuditRecord> = {}): AuditRecord {
  return {
    event_type: "tool_invoke",
    user_id: "alice",
    server_name: "files",
    tool_name: "read",
    decision: "allow",
    reason: "permitted by developers-read",
    timestamp: Date.now() / 1_000,
    gateway_request_id: "request-1",
    metadata: { method: "tools/call" },
    phase: "intent",
    sensitivity: "low",
    ...change,
  };
}

/** How the call of an intent ended. */
export function callOutcome(intentId: string, change: Partial<AuditRecord> = {}): AuditRecord {
  return callIntent({ phase: "outcome", intent_id: intentId, outcome: "ok", duration_ms: 4.5, ...change });
}

/** What there is in the log: its numbers, in order, and the ids that stand at them. */
export async function readLog(url: string): Promise<{ readonly seqs: number[]; readonly ids: string[] }> {
  const rows = await queryDatabase<{ id: string; seq: number }>(
    url,
    "SELECT id, seq::int AS seq FROM gateway_audit_events ORDER BY gateway_audit_events.seq",
  );
  return { seqs: rows.map(({ seq }) => seq), ids: rows.map(({ id }) => id) };
}
