import { validate } from "@sark/observability/validation";
import { newEventId } from "./event-id.ts";
import { MAX_EVENT_BYTES } from "./event-limits.ts";
import { FIELD_LIST } from "./field-list.ts";
import { UNSTORABLE } from "./field-types.ts";
import { fitRecord, withShallowMetadata } from "./fit-record.ts";
import { toAcceptedEvent, type AcceptedEvent } from "./accepted-event.ts";
import type { PreparedPayloads } from "./payload.ts";
import { parseAuditRecord, type AuditRecord, type ValidRecord } from "./record.ts";

/**
 * Takes a record of the service itself. Its fields are checked by the quick form of their rules (`Field.accepts`), and what
 * PostgreSQL could not hold shows in the canonical text. Only when something is wrong is the schema asked, to name the
 * field at fault (`invalid_event`); that spares a hot path a full validation.
 * Metadata that is nested too deep is carried as text in part, and what does not fit into an entry of the log is cut.
 */
export function acceptRecord(
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
  const fix = (valid: ValidRecord) => toAcceptedEvent(valid, id, now, payloads);
  const valid = parseAuditRecord(withShallowMetadata(record));
  return fix(fitRecord(valid, (one) => Buffer.byteLength(fix(one).canonical)));
}

function fitsEntry(canonical: string): boolean {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return canonical.length * 3 <= MAX_EVENT_BYTES || Buffer.byteLength(canonical) <= MAX_EVENT_BYTES;
}

const RULES = new Map<string, (value: unknown) => boolean>(
  FIELD_LIST.filter(({ by }) => by !== "log").map(({ name, schema, accepts }) => [
    name,
    accepts ?? ((value) => validate(schema, value).valid),
  ]),
);
const REQUIRED = [...RULES].filter(([, accepts]) => !accepts(undefined)).map(([name]) => name);

/** Whether each field is one that the schema of records takes; a value that is none would fail the batch it is written in. */
function isWithinLimits(record: AuditRecord): boolean {
  const values = record as Readonly<Record<string, unknown>>;
  return (
    Object.keys(values).every((name) => RULES.get(name)?.(values[name]) === true) &&
    REQUIRED.every((name) => values[name] !== undefined)
  );
}
