import type { Style } from "../../terminal/style.ts";
import { textField, type LogEntry } from "../scan/entry.ts";
import { oneLine, jsonLine, inertJson } from "../../terminal/printable.ts";

/** Shown in places of their own, or the same on each line. */
const APART = new Set([
  "timestamp",
  "level",
  "message",
  "service",
  "environment",
  "version",
  "component",
  "error",
]);

/** One line as a person reads it, with the stack of an error below. Nothing that a log holds can steer the terminal. */
export function describeEntry(entry: LogEntry, style: Style): string {
  const { record, at, line } = entry;
  const time = style.faint(at === null ? "-".padEnd(24) : new Date(at).toISOString());
  if (record === null) {
    return `${time} ${oneLine(line)}\n`;
  }
  const fields = Object.entries(record)
    .filter(([name]) => !APART.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const level = paintLevel(textField(entry, "level") ?? "", style);
  const component = oneLine(textField(entry, "component") ?? "-");
  const message = oneLine(textField(entry, "message") ?? "");
  const rest = fields.length === 0 ? "" : ` ${style.faint(oneLine(fields.join(" ")))}`;
  return `${time} ${level} ${component} ${message}${rest}\n${stackOf(record["error"])}`;
}

function paintLevel(level: string, style: Style): string {
  const shown = oneLine(level).toUpperCase().padEnd(5);
  return level === "error" || level === "fatal" || level === "warn" ? style.bad(shown) : shown;
}

/** Each line of it is indented: none can pass for a line of the log. */
function stackOf(error: unknown): string {
  const { stack, message } = Object(error) as { readonly stack?: unknown; readonly message?: unknown };
  const text = typeof stack === "string" ? stack : message;
  return typeof text === "string"
    ? text
        .split("\n")
        .map((part) => `    ${oneLine(part)}\n`)
        .join("")
    : "";
}

/** One line of JSON: the line itself, or, where it is none, an object that says so. */
export function entryJson({ record, line }: LogEntry): string {
  return record === null ? jsonLine({ unreadable: line }) : `${inertJson(line)}\n`;
}
