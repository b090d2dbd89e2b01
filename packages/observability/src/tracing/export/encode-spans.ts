import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/**
 * The body of an OTLP/HTTP request in JSON. All spans are of one resource and one tracer, as those of one process are.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeSpans(spans: readonly ReadableSpan[]): string {
  const [first] = spans;
  return JSON.stringify({
    resourceSpans:
      first === undefined
        ? []
        : [
            {
              resource: { attributes: encodeAttributes(first.resource.attributes) },
              scopeSpans: [{ scope: scopeOf(first), spans: spans.map(encodeSpan) }],
            },
          ],
  });
}

function scopeOf({ instrumentationScope: { name, version } }: ReadableSpan): object {
  return version === undefined ? { name } : { name, version };
}

function encodeSpan(span: ReadableSpan): object {
  const { parentSpanContext: parent, status } = span;
  const context = span.spanContext();
  return {
    ...encodeContext(context),
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    flags: flagsOf(context.traceFlags, parent),
    name: span.name,
    // OTLP has "unspecified" before the kinds of the API.
    kind: span.kind + 1,
    startTimeUnixNano: encodeTime(span.startTime),
    endTimeUnixNano: encodeTime(span.endTime),
    attributes: encodeAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ name, time, attributes = {}, droppedAttributesCount = 0 }) => ({
      name,
      timeUnixNano: encodeTime(time),
      attributes: encodeAttributes(attributes),
      droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map(({ context: linked, attributes = {}, droppedAttributesCount = 0 }) => ({
      ...encodeContext(linked),
      flags: flagsOf(linked.traceFlags, linked),
      attributes: encodeAttributes(attributes),
      droppedAttributesCount,
    })),
    droppedLinksCount: span.droppedLinksCount,
    status:
      status.message === undefined ? { code: status.code } : { code: status.code, message: status.message },
  };
}

function encodeContext({ traceId, spanId, traceState }: SpanContext): object {
  const state = traceState?.serialize() ?? "";
  return { traceId, spanId, ...(state === "" ? {} : { traceState: state }) };
}

/** The flags of W3C, and whether it is known of `remote` that it is of another process. */
function flagsOf(traceFlags: number, remote: SpanContext | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (remote?.isRemote === true ? IS_REMOTE : 0);
}
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Nanoseconds since 1970, which no JavaScript number holds. */
function encodeTime([seconds, nanoseconds]: HrTime): string {
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(Math.round(nanoseconds)));
}

function encodeAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: encodeValue(value) }],
  );
}

function encodeValue(value: unknown): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value)
        ? { intValue: value }
        : { doubleValue: Number.isFinite(value) ? value : String(value) };
    default:
      return Array.isArray(value) ? { arrayValue: { values: value.map(encodeValue) } } : {};
  }
}
