import canonicalize from "canonicalize";
import type { StoredPayload } from "../payloads/prepare.ts";
import type { EventRecord } from "./event-record.ts";
import type { StoredEvent } from "./stored-event.ts";

/** The event of canonical text that was made by `toStoredEvent` and kept elsewhere since. Throws on other text. */
export function restoreEvent(canonical: string, payloads: readonly StoredPayload[]): StoredEvent {
  const fields = JSON.parse(canonical) as EventRecord;
  const { id, timestamp, created_at, metadata, policy, payloads: summaries, ...rest } = fields;
  return {
    id,
    timestamp,
    createdAt: created_at,
    record: { ...rest, metadata, policy, timestamp: Date.parse(timestamp) / 1_000 },
    metadata: canonicalize(metadata) ?? "{}",
    policy: policy === undefined ? null : (canonicalize(policy) ?? null),
    payloadSummaries: summaries === undefined ? null : (canonicalize(summaries) ?? null),
    canonical,
    payloads,
  };
}
