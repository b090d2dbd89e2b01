import type { PreparedPayloads } from "../payloads/prepare.ts";
import { newEventId } from "./event-id.ts";
import { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./event-limits.ts";
import { fitRecord, withShallowMetadata } from "./fit-record.ts";
import {
  DECISIONS,
  EVENT_TYPE,
  fitsIndex,
  isShallow,
  MAX_TIMESTAMP,
  OUTCOMES,
  parseAuditRecord,
  PHASES,
  SENSITIVITIES,
  TEXT_LIMITS,
  UNSTORABLE,
  type AuditRecord,
  type ValidRecord,
} from "./record.ts";
import { toAcceptedEvent, type AcceptedEvent } from "./accepted-event.ts";

/**
 * Takes a record of the service itself, whose shape the compiler has checked. Its strings come from outside: their
 * lengths are checked here, and what PostgreSQL could not hold shows in the canonical text. Only when something is
 * wrong is each field looked at, to name the one at fault (`invalid_event`); that spares a hot path a full validation.
 * Metadata that is nested too deep is carried as text in part, and what does not fit into an entry of the log is cut.
 */
export function admit(
  record: AuditRecord,
  payloads: PreparedPayloads | null = null,
  id = newEventId(),
): AcceptedEvent {
  const now = Date.now();
  if (isWithinLimits(record)) {
    try {
      const event = toAcceptedEvent(
        { ...record, metadata: record.metadata ?? {}, phase: record.phase ?? "decision" },
        id,
        now,
        payloads,
      );
      if (fitsEntry(event.canonical) && !UNSTORABLE.test(event.canonical)) {
        return event;
      }
    } catch {
      // Not to be written down; below it is said why.
    }
  }
  const store = (valid: ValidRecord) => toAcceptedEvent(valid, id, now, payloads);
  const valid = parseAuditRecord(withShallowMetadata(record));
  return store(fitRecord(valid, (one) => Buffer.byteLength(store(one).canonical)));
}

function fitsEntry(canonical: string): boolean {
  // A UTF-16 unit takes three bytes of UTF-8 at most.
  return canonical.length * 3 <= MAX_EVENT_BYTES || Buffer.byteLength(canonical) <= MAX_EVENT_BYTES;
}

const LIMITS = Object.entries(TEXT_LIMITS) as [keyof typeof TEXT_LIMITS, number][];

const INDEXED = ["user_id", "agent_id", "server_name", "tool_name"] as const;

const ENUMS: readonly [keyof AuditRecord, ReadonlySet<unknown>][] = [
  ["decision", new Set(DECISIONS)],
  ["phase", new Set([...PHASES, undefined])],
  ["outcome", new Set([...OUTCOMES, undefined, null])],
  ["sensitivity", new Set([...SENSITIVITIES, undefined, null])],
];

/** A value that is too long for an index, or none of a closed list, would fail the whole batch that it is written in. */
function isWithinLimits(record: AuditRecord): boolean {
  const { event_type, gateway_request_id, timestamp, duration_ms: duration } = record;
  return (
    typeof event_type === "string" &&
    EVENT_TYPE.test(event_type) &&
    typeof gateway_request_id === "string" &&
    gateway_request_id !== "" &&
    typeof record.reason === "string" &&
    timestamp >= 0 &&
    timestamp <= MAX_TIMESTAMP &&
    (duration === undefined || duration === null || (duration >= 0 && duration < Infinity)) &&
    LIMITS.every(([field, limit]) => (record[field]?.length ?? 0) <= limit) &&
    INDEXED.every((field) => typeof record[field] !== "string" || fitsIndex(record[field])) &&
    ENUMS.every(([field, values]) => values.has(record[field])) &&
    isShallow(record.metadata, MAX_METADATA_DEPTH)
  );
}
