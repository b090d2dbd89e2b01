import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { AuditError } from "../errors.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { FIELD_LIST } from "./field-list.ts";
import type { FieldName, Fields } from "./fields.ts";

/** The fields that are said by one of them, with their schemas. */
type ShapeBy<B> = {
  -readonly [K in FieldName as Fields[K]["by"] extends B ? K : never]: Fields[K]["schema"];
};

function shapeBy<B extends "caller" | "service">(by: B): ShapeBy<B> {
  return Object.fromEntries(
    FIELD_LIST.filter((field) => field.by === by).map(({ name, schema }) => [name, schema]),
  ) as unknown as ShapeBy<B>;
}

/** What `logGatewayEvent` takes (AUD-1). */
const gatewayEventSchema = z.strictObject(shapeBy("caller"));
/** The part of a record that may come from outside. `timestamp` is in seconds since the epoch. */
export type GatewayEvent = z.input<typeof gatewayEventSchema>;

const auditRecordSchema = gatewayEventSchema.extend(shapeBy("service"));
/** What a caller hands to the log: a `GatewayEvent` and the fields that only a trusted caller may set. */
export type AuditRecord = z.input<typeof auditRecordSchema>;
export type ValidRecord = z.output<typeof auditRecordSchema>;

/** How sensitive what a record is about is. */
export type Sensitivity = NonNullable<ValidRecord["sensitivity"]>;

/** What is known of the request that brought an event, which the one who sent it cannot choose. */
export type Provenance = Pick<AuditRecord, "client_address" | "credential" | "submitted_by" | "tenant_id">;

/** What the log says of itself. Verifiers take these events for the reason why something is missing. */
export const RETENTION_PURGE = "retention_purge";
/** `event_type` of the record that payloads were erased. Only the log itself can record it. */
export const PAYLOAD_ERASURE = "payload_erasure";
/** No event of the log, but sent to every SIEM as one: a signed tree head. No caller may report one. */
export const LOG_CHECKPOINT = "log_checkpoint";
const RESERVED: ReadonlySet<string> = new Set([RETENTION_PURGE, PAYLOAD_ERASURE, LOG_CHECKPOINT]);

/** Checks an event of the outside; throws `invalid_event` naming the first field at fault. */
export function parseGatewayEvent(event: unknown): z.output<typeof gatewayEventSchema> {
  const parsed = parse(gatewayEventSchema, withDoubleTimestamp(event));
  const { event_type: type } = parsed;
  if (RESERVED.has(type)) {
    throw new AuditError("invalid_event", `event_type: only the log itself records a ${type}`, {
      field: "event_type",
    });
  }
  return parsed;
}

/** The log keeps microseconds, which a double holds, of a time with however many digits. */
function withDoubleTimestamp(event: unknown): unknown {
  if (typeof event !== "object" || event === null) {
    return event;
  }
  const { timestamp } = event as { readonly timestamp?: unknown };
  return isRawNumber(timestamp) ? { ...event, timestamp: Number(timestamp.rawJSON) } : event;
}

export function parseAuditRecord(record: unknown): ValidRecord {
  return parse(auditRecordSchema, record);
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const checked = validate(schema, value);
  if (checked.valid) {
    return checked.data;
  }
  const field = checked.field ?? "event";
  throw new AuditError("invalid_event", `${field}: ${checked.message}`, { field });
}
