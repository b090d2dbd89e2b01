import { FIELD_COLUMNS } from "../../events/field-list.ts";
import type { ColumnType } from "../../events/field-types.ts";
import { isShallow } from "../../json/shallow.ts";
import { parseJson } from "../../json/parse-json.ts";
import type { BinaryRow } from "./binary-rows.ts";
import type { ColumnDifference } from "../findings/finding.ts";
import { isStoredJson } from "./stored-json.ts";

/**
 * The columns that repeat what the canonical bytes say, under the same name. All columns of `gateway_audit_events` but
 * `seq`, `canonical` and `leaf_hash`: a test compares them with the table.
 */
export const COLUMNS = FIELD_COLUMNS;

/** An event's canonical JSON, parsed. */
export type EventFields = Readonly<Record<string, unknown>>;

/** Whether the columns of a row, from field `first` on, say what the event says. */
export function columnsAgree(row: BinaryRow, first: number, event: EventFields): boolean {
  for (let at = 0; at < COLUMNS.length; at += 1) {
    const [name, type] = COLUMNS[at] as (typeof COLUMNS)[number];
    if (!agrees(type, row, first + at, event[name])) {
      return false;
    }
  }
  return true;
}

/** Which columns differ, with what they say. */
export function differences(row: BinaryRow, first: number, event: EventFields): ColumnDifference[] {
  return COLUMNS.flatMap(([column, type], at) =>
    agrees(type, row, first + at, event[column])
      ? []
      : [{ column, stored: shown(read(type, row, first + at)), recorded: shown(event[column] ?? null) }],
  );
}

/** A value that a finding can hold: printing a finding walks down all that is nested in it. */
function shown(value: unknown): unknown {
  return isShallow(value) ? value : "(nested too deep to be shown)";
}

function agrees(
  type: ColumnType,
  { bytes, offsets, lengths }: BinaryRow,
  field: number,
  recorded: unknown,
): boolean {
  const length = lengths[field] ?? -1;
  if (length < 0) {
    return recorded === undefined;
  }
  const at = offsets[field] ?? 0;
  switch (type) {
    case "text":
      return bytes.toString("utf8", at, at + length) === recorded;
    case "uuid":
      return (
        typeof recorded === "string" &&
        formatUuid(bytes.toString("hex", at, at + length)) === recorded.toLowerCase()
      );
    case "float8":
      // -0 is shown as another text than 0, and no canonical number.
      return Object.is(bytes.readDoubleBE(at), recorded);
    case "timestamptz":
      return typeof recorded === "string" && sameTime(bytes, at, recorded);
    case "jsonb": {
      if (recorded === undefined) {
        return false;
      }
      // jsonb has a version byte before its text.
      const text = bytes.toString("utf8", at + 1, at + length);
      return isStoredJson(text, recorded);
    }
  }
}

function read(type: ColumnType, { bytes, offsets, lengths }: BinaryRow, field: number): unknown {
  const length = lengths[field] ?? -1;
  if (length < 0) {
    return null;
  }
  const at = offsets[field] ?? 0;
  switch (type) {
    case "text":
      return bytes.toString("utf8", at, at + length);
    case "uuid":
      return formatUuid(bytes.toString("hex", at, at + length));
    case "float8":
      return bytes.readDoubleBE(at);
    case "timestamptz":
      return formatTime(bytes.readBigInt64BE(at));
    case "jsonb":
      return parseJson(bytes.toString("utf8", at + 1, at + length), "any");
  }
}

function formatUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** PostgreSQL counts microseconds from 2000-01-01. */
export const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Whether eight bytes of a `timestamptz` are this time: RFC 3339 with six digits, as the log writes it. */
function sameTime(bytes: Buffer, at: number, recorded: string): boolean {
  if (recorded.length !== 27 || recorded[26] !== "Z") {
    return false;
  }
  const milliseconds = Date.parse(`${recorded.slice(0, 23)}Z`) - EPOCH_MS;
  const micros = Number(recorded.slice(23, 26));
  const expected = milliseconds * 1_000 + micros;
  // Doubles are exact until the year 2285; beyond it, slower numbers are.
  return Number.isSafeInteger(expected)
    ? bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4) === expected
    : Number.isSafeInteger(milliseconds) &&
        bytes.readBigInt64BE(at) === BigInt(milliseconds) * 1_000n + BigInt(micros);
}

function formatTime(microseconds: bigint): string {
  const rest = ((microseconds % 1_000n) + 1_000n) % 1_000n;
  const date = new Date(Number((microseconds - rest) / 1_000n) + EPOCH_MS);
  if (Number.isNaN(date.getTime())) {
    return microseconds > 0n ? "infinity" : "-infinity";
  }
  return date.toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}
