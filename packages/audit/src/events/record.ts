import { z } from "zod";
import { AuditError } from "../errors.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { MAX_METADATA_DEPTH } from "./event-limits.ts";

/** Characters of each text at the most: an index entry must hold it, and a line of the log must stay readable. */
export const TEXT_LIMITS = {
  user_id: 256,
  agent_id: 256,
  server_name: 256,
  tool_name: 256,
  reason: 4_096,
  gateway_request_id: 128,
  tenant_id: 256,
  trace_id: 64,
  session_id: 512,
  client_address: 64,
  credential: 512,
  submitted_by: 256,
} as const;

/** Text that PostgreSQL can hold: no NUL, and no half of a surrogate pair. */
function text(limit: number): z.ZodString {
  return z
    .string()
    .max(limit)
    .refine((value) => !value.includes("\u0000") && value.isWellFormed(), {
      message: "must not contain NUL or unpaired surrogates",
    });
}

/** Four such names have to fit into one entry of an index (migration 0005), which has 2,704 bytes at the most. */
const MAX_NAME_BYTES = 512;

export function fitsIndex(name: string): boolean {
  // A UTF-16 unit takes three bytes of UTF-8 at the most.
  return name.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function indexedName(limit: number): z.ZodString {
  return text(limit)
    .min(1)
    .refine(fitsIndex, { message: `must not be longer than ${MAX_NAME_BYTES} bytes` });
}

/** Readers walk down what is nested, and their stacks end somewhere: one such value would spoil every page it is on. */
const MAX_READABLE_DEPTH = 500;

/** Whether objects and lists stand within each other no deeper than this; looks no further than that. */
export function isShallow(value: unknown, levels = MAX_READABLE_DEPTH): boolean {
  if (typeof value !== "object" || value === null || isRawNumber(value)) {
    return true;
  }
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1));
}

/** In JSON text, the escape of NUL or of half a surrogate pair; a backslash that is itself escaped begins none. */
export const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** Not `z.record`, which leaves out a key `__proto__`. */
const jsonObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value),
  "must be a JSON object",
);

/** A JSON object that survives the way to the database and back. */
const metadata = jsonObject.superRefine((value, context) => {
  if (!isShallow(value, MAX_METADATA_DEPTH)) {
    context.addIssue({
      code: "custom",
      message: `must not be nested deeper than ${MAX_METADATA_DEPTH} levels`,
    });
    return;
  }
  let json: string;
  try {
    // Unlike `JSON.stringify`, it does not make `null` of what is no number.
    json = canonicalJson(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: `must be a JSON object: ${(error as Error).message}` });
    return;
  }
  if (UNSTORABLE.test(json)) {
    context.addIssue({ code: "custom", message: "must not contain NUL or unpaired surrogates" });
  }
});

/** An open list, as a label of metrics and a column of the table can bear it. */
export const EVENT_TYPE = /^[a-z][a-z0-9_]{0,39}$/;

export const DECISIONS = ["allow", "deny"] as const;
export const PHASES = ["intent", "outcome", "decision"] as const;
export const SENSITIVITIES = ["low", "medium", "high", "critical"] as const;
export const OUTCOMES = [
  "ok",
  "tool_error",
  "protocol_error",
  "upstream_error",
  "timeout",
  "cancelled",
  "input_required",
  "denied",
  "rate_limited",
] as const;

/** Year 9999, in Unix seconds: beyond it neither RFC 3339 nor partitions make sense. */
export const MAX_TIMESTAMP = 253_402_300_799;

/** What `logGatewayEvent` takes (AUD-1). */
export const gatewayEventSchema = z.strictObject({
  event_type: z.string().regex(EVENT_TYPE, "use up to 40 of a-z, 0-9 and _, starting with a letter"),
  user_id: indexedName(TEXT_LIMITS.user_id).nullish(),
  agent_id: indexedName(TEXT_LIMITS.agent_id).nullish(),
  server_name: indexedName(TEXT_LIMITS.server_name).nullish(),
  tool_name: indexedName(TEXT_LIMITS.tool_name).nullish(),
  decision: z.enum(DECISIONS),
  reason: text(TEXT_LIMITS.reason),
  /** Unix seconds; fractions allowed. */
  timestamp: z.number().min(0).max(MAX_TIMESTAMP),
  gateway_request_id: text(TEXT_LIMITS.gateway_request_id).min(1),
  metadata: metadata.default({}),
});
/** The part of a record that may come from outside. `timestamp` is in seconds since the epoch. */
export type GatewayEvent = z.input<typeof gatewayEventSchema>;

/** A `GatewayEvent` and what the gateway itself knows beside it. */
export const auditRecordSchema = gatewayEventSchema.extend({
  /** `intent`: permitted and about to run; `outcome`: how an intent ended; `decision`: nothing follows. */
  phase: z.enum(PHASES).default("decision"),
  outcome: z.enum(OUTCOMES).nullish(),
  /** Of an outcome: the id of its intent. */
  intent_id: z.uuid().nullish(),
  tenant_id: text(TEXT_LIMITS.tenant_id).min(1).nullish(),
  sensitivity: z.enum(SENSITIVITIES).nullish(),
  duration_ms: z.number().min(0).nullish(),
  trace_id: text(TEXT_LIMITS.trace_id).nullish(),
  session_id: text(TEXT_LIMITS.session_id).nullish(),
  /** Where the request came from that this is the record of. */
  client_address: text(TEXT_LIMITS.client_address).min(1).nullish(),
  /** Which credential that request was authenticated by: an id, never the secret. */
  credential: text(TEXT_LIMITS.credential).min(1).nullish(),
  /**
   * Who had this recorded (`user:alice`, `agent:bot`), where it is not just the one whom it is about: an event that an
   * enforcement point elsewhere reports, or a decision that a caller asked for on behalf of an agent.
   */
  submitted_by: text(TEXT_LIMITS.submitted_by).min(1).nullish(),
  policy: z
    .strictObject({
      engine: text(32),
      ids: z.array(text(256)).max(64),
      revision: text(256).nullable(),
    })
    .nullish(),
});
/** What a caller hands to the log: a `GatewayEvent` and the fields that only a trusted caller may set. */
export type AuditRecord = z.input<typeof auditRecordSchema>;
export type ValidRecord = z.output<typeof auditRecordSchema>;

/** What is known of the request that brought an event, which the one who sent it cannot choose. */
export type Provenance = Pick<AuditRecord, "client_address" | "credential" | "submitted_by" | "tenant_id">;

/** What the log says of itself. Verifiers take these events for the reason why something is gone. */
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
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const path =
    issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  const field = path.join(".") || "event";
  throw new AuditError("invalid_event", `${field}: ${issue?.message ?? "not valid"}`, { field });
}
