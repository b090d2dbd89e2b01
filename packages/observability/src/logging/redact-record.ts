import { createSanitizer } from "./sanitize.ts";
import { scanLine } from "../redaction/secret-patterns.ts";

const sanitizer = createSanitizer();

/** A copy of any record as bounded plain JSON without secrets, for what is shown outside of the log. */
export function redactRecord(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { fields } = sanitizer.line(record, "");
  return JSON.parse(scanLine(JSON.stringify(fields))) as Record<string, unknown>;
}
