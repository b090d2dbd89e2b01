import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { hideCardNumbers } from "../../redaction/card-numbers.ts";
import { redactText, scanLine } from "../../redaction/secret-patterns.ts";

/** A span is no place for payloads. The SDK cuts attributes of spans to the same length, and nothing else. */
const MAX_TEXT = 4_096;
const MAX_NAME = 256;

/** Takes secrets out of a finished span before it leaves, and bounds it: its name, attributes, events and status. */
export function redactSpan(span: ReadableSpan): void {
  (span as { name: string }).name = redactText(span.name.slice(0, MAX_NAME));
  redactAttributes(span.attributes);
  for (const { attributes } of span.events) {
    if (attributes !== undefined) {
      cutTexts(attributes);
      redactAttributes(attributes);
    }
  }
  const { status } = span;
  if (status.message !== undefined) {
    status.message = redactText(status.message.slice(0, MAX_TEXT));
  }
}

function cutTexts(attributes: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "string" && value.length > MAX_TEXT) {
      attributes[key] = value.slice(0, MAX_TEXT);
    }
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
