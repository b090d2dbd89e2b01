import { parseJson } from "../json/parse-json.ts";
import { checkColumns, type AcceptedEvent } from "./accepted-event.ts";
import type { AuditEvent } from "./audit-event.ts";
import type { KeptPayload } from "./payload.ts";

/** The event of canonical text that was made by `toAcceptedEvent` and kept elsewhere since. Throws on other text. */
export function restoreEvent(canonical: string, payloads: readonly KeptPayload[]): AcceptedEvent {
  const fields = parseJson(canonical, "any") as AuditEvent;
  checkColumns(fields);
  const { id, timestamp, created_at: _, payloads: _summaries, ...said } = fields;
  return {
    id,
    timestamp,
    record: { ...said, timestamp: Date.parse(timestamp) / 1_000 },
    canonical,
    payloads,
  };
}
