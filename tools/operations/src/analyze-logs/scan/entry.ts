import { timeOf } from "./line-time.ts";

/** One line of a log. */
export interface LogEntry {
  /** Milliseconds since 1970: its own time, or of the line before where it has none. `null` before the first time. */
  readonly at: number | null;
  /** What it says; `null` for a line that is no JSON object, such as what a crash left of one. */
  readonly record: Readonly<Record<string, unknown>> | null;
  /** As it stands in the log. */
  readonly line: string;
}

/** A line of a log with what it says, where `before` is the time of the line before it. */
export function parseEntry(line: string, before: number | null): LogEntry {
  const record = parseRecord(line);
  return { at: (record && timeOf(record)) ?? before, record, line };
}

function parseRecord(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A field that is text; `null` where it is not there, or something else. */
export function textField({ record }: LogEntry, name: string): string | null {
  const value = record?.[name];
  return typeof value === "string" ? value : null;
}

/** A field that is a number; `null` where it is not there, or something else. */
export function numberField({ record }: LogEntry, name: string): number | null {
  const value = record?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
