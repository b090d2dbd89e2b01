import { canonicalJson } from "../json/canonical-json.ts";
import { parseJson } from "../json/parse-json.ts";
import type { KeptPayload } from "../payloads/prepare.ts";
import type { AuditEvent } from "./audit-event.ts";
import type { AcceptedEvent } from "./accepted-event.ts";

/** The event of canonical text that was made by `toAcceptedEvent` and kept elsewhere since. Throws on other text. */
export function restoreEvent(canonical: string, payloads: readonly KeptPayload[]): AcceptedEvent {
  const fields = parseJson(canonical, "any") as AuditEvent;
  const { id, timestamp, created_at, metadata, policy, payloads: summaries, ...rest } = fields;
  return {
    id,
    timestamp,
    createdAt: created_at,
    record: { ...rest, metadata, policy, timestamp: Date.parse(timestamp) / 1_000 },
    metadata: canonicalJson(metadata),
    policy: policy === undefined ? null : canonicalJson(policy),
    payloadSummaries: summaries === undefined ? null : canonicalJson(summaries),
    canonical,
    payloads,
  };
}
