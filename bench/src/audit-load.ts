import { PEER_SESSION_REVISION } from "@sark/testkit";
import type { AuditLog, AuditRecord } from "@sark/audit";

/** As many as keep the queue full. */
const CALLERS = 2_000;

/** A record as the gateway writes it for a tool call. */
export function toolCallRecord(index: number): AuditRecord {
  return {
    event_type: "tool_invoke",
    user_id: `user-${index % 500}`,
    server_name: `server-${index % 7}`,
    tool_name: `tool-${index % 61}`,
    decision: index % 11 === 0 ? "deny" : "allow",
    reason: "Permitted by developers-may-read.",
    timestamp: Date.now() / 1000,
    gateway_request_id: `5f3a9c1e-7c1d-4f7e-9d55-${String(index).padStart(12, "0")}`,
    metadata: {
      method: "tools/call",
      jsonrpc_id: index,
      protocol_version: PEER_SESSION_REVISION,
      reason_code: "allowed",
    },
    phase: "intent",
    tenant_id: "acme",
    sensitivity: "low",
    policy: { engine: "cedar", ids: ["developers-may-read"], revision: "6d1f0c4b9a" },
  };
}

/** Records `count` events at saturation; resolves to events a second. */
export async function saturate(log: AuditLog, count: number): Promise<number> {
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < count) {
        next += 1;
        await log.record(toolCallRecord(next));
      }
    }),
  );
  return count / ((performance.now() - started) / 1_000);
}
