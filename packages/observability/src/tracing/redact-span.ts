import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { hideCardNumbers } from "../redaction/card-numbers.ts";
import { redactText, scanLine } from "../redaction/secret-patterns.ts";

/** Takes secrets out of a finished span before it leaves: of what its attributes, events and status say. */
export function redactSpan(span: ReadableSpan): void {
  redactAttributes(span.attributes);
  for (const { attributes } of span.events) {
    if (attributes !== undefined) {
      redactAttributes(attributes);
    }
  }
  const { status } = span;
  if (status.message !== undefined) {
    status.message = redactText(status.message);
  }
}

/** One scan for all of them: nearly no span has a secret. */
function redactAttributes(attributes: Record<string, unknown>): void {
  const text = JSON.stringify(attributes);
  if (hideCardNumbers(scanLine(text)) === text) {
    return;
  }
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "string") {
      attributes[key] = redactText(value);
    } else if (Array.isArray(value)) {
      attributes[key] = value.map((entry: unknown) =>
        typeof entry === "string" ? redactText(entry) : entry,
      );
    }
  }
}
