import { newEventId } from "./event-id.ts";
import { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./event-limits.ts";
import { FIELD_LIST, type NamedField } from "./field-list.ts";
import { fitsIndex, UNSTORABLE } from "./field-types.ts";
import { EVENT_TYPE, MAX_TIMESTAMP } from "./fields.ts";
import { fitRecord, withShallowMetadata } from "./fit-record.ts";
import { isShallow } from "../json/shallow.ts";
import { toAcceptedEvent, type AcceptedEvent } from "./accepted-event.ts";
import type { PreparedPayloads } from "./payload.ts";
import { parseAuditRecord, type AuditRecord, type ValidRecord } from "./record.ts";

/**
 * Takes a record of the service itself, whose shape the compiler has checked. Its strings come from outside: their
 * lengths are checked here, and what PostgreSQL could not hold shows in the canonical text. Only when something is
 * wrong is each field looked at, to name the one at fault (`invalid_event`); that spares a hot path a full validation.
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

const SAID = FIELD_LIST.filter(({ by }) => by !== "log");
const REQUIRED_TEXTS = SAID.filter((field) => field.column === "text" && !takes(field, undefined)).map(
  nameOf,
);
const LIMITS = SAID.flatMap(({ name, maxLength }) =>
  maxLength === undefined ? [] : [[name, maxLength] as const],
);
const INDEXED = SAID.filter(({ isIndexed }) => isIndexed === true).map(nameOf);
const NUMBERS = SAID.filter(({ column }) => column === "float8").map(nameOf);
const LISTS = SAID.flatMap((field) =>
  field.values === undefined
    ? []
    : [
        [
          field.name,
          new Set([...field.values, ...[undefined, null].filter((none) => takes(field, none))]),
        ] as const,
      ],
);

function takes({ schema }: NamedField, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function nameOf({ name }: NamedField): keyof AuditRecord {
  return name as keyof AuditRecord;
}

/** A value that is too long for an index, or none of a closed list, would fail the whole batch that it is written in. */
function isWithinLimits(record: AuditRecord): boolean {
  const values = record as Readonly<Record<string, unknown>>;
  const { event_type, gateway_request_id, timestamp } = record;
  return (
    REQUIRED_TEXTS.every((name) => typeof values[name] === "string") &&
    EVENT_TYPE.test(event_type) &&
    gateway_request_id !== "" &&
    timestamp >= 0 &&
    timestamp <= MAX_TIMESTAMP &&
    NUMBERS.every((name) => isPlainNumber(values[name])) &&
    LIMITS.every(([name, limit]) => ((values[name] as string | null | undefined)?.length ?? 0) <= limit) &&
    INDEXED.every((name) => typeof values[name] !== "string" || fitsIndex(values[name])) &&
    LISTS.every(([name, list]) => list.has(values[name] as string)) &&
    isShallow(record.metadata, MAX_METADATA_DEPTH)
  );
}

/** Absent, or what every schema of a number takes. */
function isPlainNumber(value: unknown): boolean {
  return value === undefined || value === null || ((value as number) >= 0 && (value as number) < Infinity);
}
