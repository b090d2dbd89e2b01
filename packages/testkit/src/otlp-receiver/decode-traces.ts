import { z } from "zod";

/** A span as a test wants to look at it. */
export interface CollectedSpan {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** `null` for the first span of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly status: (typeof STATUSES)[number];
  readonly statusMessage: string;
  readonly events: readonly { name: string; attributes: Attributes }[];
  readonly links: readonly { traceId: string; spanId: string; attributes: Attributes }[];
  /** Name of the tracer. */
  readonly scope: string;
  /** Attributes of the service that sent it. */
  readonly resource: Attributes;
}
type Attributes = Readonly<Record<string, unknown>>;

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = ["unset", "ok", "error"] as const;

// Protobuf's mapping to JSON, with OTLP's exceptions: ids in hexadecimal, enumerations as numbers, 64-bit
// numbers as strings or numbers. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
const traceIdSchema = z.string().regex(/^[0-9a-f]{32}$/i);
const spanIdSchema = z.string().regex(/^[0-9a-f]{16}$/i);
const long = z.union([z.string().regex(/^-?\d+$/), z.int()]).transform(BigInt);
const count = z.int().min(0).optional();

const valueSchema = z.strictObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: long.transform(Number).optional(),
  doubleValue: z.number().optional(),
  bytesValue: z.string().optional(),
  get arrayValue() {
    return z.strictObject({ values: z.array(valueSchema) }).optional();
  },
  get kvlistValue() {
    return attributesSchema.optional();
  },
});
const pairSchema = z.strictObject({ key: z.string().min(1), value: valueSchema });
const attributesSchema = z.strictObject({ values: z.array(pairSchema) });
const attributes = z.array(pairSchema).default([]).transform(toAttributes);

const spanSchema = z.strictObject({
  traceId: traceIdSchema,
  spanId: spanIdSchema,
  parentSpanId: z.union([spanIdSchema, z.literal("")]).optional(),
  traceState: z.string().optional(),
  flags: count,
  name: z.string().min(1),
  kind: z.int().min(0).max(5).default(0),
  startTimeUnixNano: long,
  endTimeUnixNano: long,
  attributes,
  droppedAttributesCount: count,
  events: z
    .array(
      z.strictObject({ timeUnixNano: long, name: z.string(), attributes, droppedAttributesCount: count }),
    )
    .default([]),
  droppedEventsCount: count,
  links: z
    .array(
      z.strictObject({
        traceId: traceIdSchema,
        spanId: spanIdSchema,
        traceState: z.string().optional(),
        attributes,
        droppedAttributesCount: count,
        flags: count,
      }),
    )
    .default([]),
  droppedLinksCount: count,
  status: z
    .strictObject({ code: z.int().min(0).max(2).default(0), message: z.string().default("") })
    .prefault({}),
});

const requestSchema = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({
        attributes,
        droppedAttributesCount: count,
        entityRefs: z.array(z.unknown()).optional(),
      }),
      schemaUrl: z.string().optional(),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({
            name: z.string(),
            version: z.string().optional(),
            attributes,
            droppedAttributesCount: count,
          }),
          schemaUrl: z.string().optional(),
          spans: z.array(spanSchema),
        }),
      ),
    }),
  ),
});

type Value = z.infer<typeof valueSchema>;

/** The spans of an OTLP/HTTP request in JSON; throws with the place of the first thing that is not OTLP. */
export function decodeTraces(body: unknown): CollectedSpan[] {
  return requestSchema.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || null,
        name: span.name,
        kind: KINDS[span.kind] ?? "unspecified",
        start: span.startTimeUnixNano,
        end: span.endTimeUnixNano,
        attributes: span.attributes,
        status: STATUSES[span.status.code] ?? "unset",
        statusMessage: span.status.message,
        events: span.events.map(({ name, attributes }) => ({ name, attributes })),
        links: span.links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes })),
        scope: scope.name,
        resource: resource.attributes,
      })),
    ),
  );
}

function toAttributes(pairs: readonly { key: string; value: Value }[]): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, toPlain(value)]));
}

function toPlain(value: Value): unknown {
  if (value.arrayValue) {
    return value.arrayValue.values.map(toPlain);
  }
  if (value.kvlistValue) {
    return toAttributes(value.kvlistValue.values);
  }
  return (
    value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue ?? value.bytesValue ?? null
  );
}
