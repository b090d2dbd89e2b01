import { canonicalJson } from "../json/canonical-json.ts";
import { quote } from "../json/quote.ts";
import { CANONICAL_ORDER, FIELD_LIST } from "./field-list.ts";
import type { ColumnType } from "./field-types.ts";
import type { FieldName } from "./fields.ts";
import { writtenOnce } from "./last-millisecond.ts";
import type { KeptPayload, PreparedPayloads } from "./payload.ts";
import type { ValidRecord } from "./record.ts";

/** The span in which a record is made, of a trace that is recorded. W3C's hexadecimal ids. */
export interface TraceOfRecord {
  readonly traceId: string;
  readonly spanId: string;
}

/** An event that the log accepted and has not committed yet, with the text that proves it. */
export interface AcceptedEvent {
  readonly id: string;
  /** RFC 3339 UTC, microseconds: what `timestamptz` keeps. */
  readonly timestamp: string;
  readonly record: ValidRecord;
  /** Canonical JSON (`canonicalJson`) of all fields that are known; its UTF-8 bytes are the leaf's data. */
  readonly canonical: string;
  /** Arguments and results that are kept apart from the log. */
  readonly payloads: readonly KeptPayload[];
  /** Told to the database with the statement that writes it. No part of the event. */
  readonly trace?: TraceOfRecord;
}

/** How a field gets its value and its text. */
interface Step {
  readonly name: FieldName;
  readonly column: ColumnType;
  /** What the log itself says, or writes in another form than the record: its index in what is said. */
  readonly said: number;
  /** What precedes it in the text, as the first field and as another one. */
  readonly first: string;
  readonly next: string;
}

const SAID: readonly FieldName[] = ["id", "timestamp", "created_at"];

const STEPS: readonly Step[] = CANONICAL_ORDER.map(({ name, column }) => ({
  name,
  column,
  said: SAID.indexOf(name),
  first: `{"${name}":`,
  next: `,"${name}":`,
}));

/**
 * Fixes the text of a record. Absent and `null` fields are left out, so that both mean one thing. Strings and numbers
 * are written by `JSON.stringify`, which is what RFC 8785 defines them by; only what is nested needs sorting.
 *
 * @param now when the log takes it, in Unix milliseconds
 */
export function toAcceptedEvent(
  record: ValidRecord,
  id: string,
  now: number,
  payloads: PreparedPayloads | null = null,
): AcceptedEvent {
  const timestamp = rfc3339(record.timestamp * 1000);
  const said = [id, timestamp, rfc3339(now)];
  const fields = record as Readonly<Record<string, unknown>>;
  let text = "";
  for (const step of STEPS) {
    const lead = text === "" ? step.first : step.next;
    if (step.said >= 0) {
      text += `${lead}"${said[step.said]}"`;
      continue;
    }
    const value = step.name === "payloads" ? payloads?.summaries : fields[step.name];
    if (value !== undefined && value !== null) {
      text += lead + textOf(step, value);
    }
  }
  return { id, timestamp, record, canonical: `${text}}`, payloads: payloads?.kept ?? [] };
}

/** Throws for a value that the field's column cannot hold. */
function textOf({ name, column }: Pick<Step, "name" | "column">, value: unknown): string {
  if (column === "jsonb") {
    return canonicalJson(value);
  }
  if (column === "float8") {
    if (typeof value === "number") {
      return JSON.stringify(value);
    }
  } else if (typeof value === "string") {
    return quote(value);
  }
  throw new TypeError(name);
}

/** Throws where a field says what its column cannot hold. */
export function checkColumns(fields: Readonly<Record<string, unknown>>): void {
  for (const field of FIELD_LIST) {
    const value = fields[field.name];
    if (value !== undefined) {
      textOf(field, value);
    }
  }
}

const toMilliseconds = writtenOnce((millisecond) => new Date(millisecond).toISOString().slice(0, -1));

/** Unix milliseconds with fractions to RFC 3339 with microseconds. */
function rfc3339(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  // A fraction of seconds is not exact in binary: .123456 must not become .123455.
  const micros = Math.min(999, Math.round((milliseconds - whole) * 1_000));
  return `${toMilliseconds(whole)}${String(micros).padStart(3, "0")}Z`;
}
