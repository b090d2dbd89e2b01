import type { Destination, LogLine } from "./destination.ts";

const SHOWN_APART = new Set([
  "timestamp",
  "level",
  "message",
  "service",
  "environment",
  "version",
  "component",
  "error",
]);

/** Has lines written as people at a terminal read them. */
export function prettyPrinted(target: Destination): Destination {
  const pretty = (line: LogLine): LogLine => ({ ...line, text: prettyLine(line.text) });
  return {
    ...target,
    write: (text, kind) => target.write(prettyLine(text), kind),
    ...(target.writeLines && { writeLines: (lines) => target.writeLines?.(lines.map(pretty)) }),
  };
}

/** One finished JSON line as a person reads it at a terminal; the stack of an error below it. */
function prettyLine(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const time = String(record["timestamp"]).slice(11, 23);
  const level = String(record["level"]).toUpperCase().padEnd(5);
  const fields = Object.entries(record)
    .filter(([key]) => !SHOWN_APART.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const head = inert([time, level, record["component"], record["message"] ?? "", ...fields].join(" "));
  const error = record["error"] as { stack?: string; message?: string } | undefined;
  const below = error?.stack ?? error?.message;
  if (below === undefined) {
    return `${head}\n`;
  }
  // Each line of it is indented: none of them can pass for a line of the log.
  return `${head}\n${below
    .split("\n")
    .map((part) => `    ${inert(part)}\n`)
    .join("")}`;
}

/**
 * Callers choose parts of a line. What would begin a line of its own, steer the terminal, or show text in another order
 * (Unicode bidirectional controls) is written as its escape.
 */
function inert(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
