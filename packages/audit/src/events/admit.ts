import { newEventId } from "./event-id.ts";
import { parseAuditRecord, UNSTORABLE, type AuditRecord } from "./gateway-event.ts";
import { toStoredEvent, type StoredEvent } from "./stored-event.ts";

/** Characters of a canonical record. */
const MAX_CANONICAL = 512 * 1024;

/**
 * Takes a record of the service itself, whose shape the compiler has checked. Its strings come from outside: what
 * PostgreSQL could not hold shows in the canonical text, and only then is each field looked at, to name the one
 * at fault (`invalid_event`). That spares a hot path a full validation.
 */
export function admit(record: AuditRecord): StoredEvent {
  const now = Date.now();
  const id = newEventId(now);
  try {
    const { metadata = {}, phase = "decision" } = record;
    const event = toStoredEvent({ ...record, metadata, phase }, id, now);
    if (event.canonical.length <= MAX_CANONICAL && !UNSTORABLE.test(event.canonical)) return event;
  } catch {
    // Not to be written down; below it is said why.
  }
  return toStoredEvent(parseAuditRecord(record), id, now);
}
