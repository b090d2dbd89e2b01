import { z } from "zod";
import {
  choice,
  choiceOr,
  filledText,
  metadata,
  optionalChoice,
  optionalFilledText,
  optionalName,
  optionalNumber,
  optionalPolicy,
  optionalText,
  patternText,
  seconds,
  text,
  type Field,
} from "./field-types.ts";
import type { PayloadSummaries } from "./payload.ts";

/** An open list, as a label of metrics and a column of the table can bear it. */
const EVENT_TYPE = /^[a-z][a-z0-9_]{0,39}$/;

/** Year 9999, in Unix seconds: beyond it neither RFC 3339 nor partitions make sense. */
export const MAX_TIMESTAMP = 253_402_300_799;

const PHASES = ["intent", "outcome", "decision"] as const;
const OUTCOMES = [
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

/**
 * Every field of an event, in the order of the CSV export. The schema of records, the event's canonical text, the
 * columns and their statements, the export, the filters of queries and the comparison of the verifier are derived from
 * this table. A new field is one entry here and a migration that adds its column to `gateway_audit_events`.
 */
export const FIELDS = {
  /** A UUIDv7, given when the log accepts the record. */
  id: { by: "log", column: "uuid", schema: z.string() },
  /** When it happened: of a record Unix seconds, with fractions; of an event RFC 3339, UTC, with microseconds. */
  timestamp: { by: "caller", ...seconds(0, MAX_TIMESTAMP) },
  event_type: {
    by: "caller",
    ...patternText(EVENT_TYPE, "use up to 40 of a-z, 0-9 and _, starting with a letter"),
    filter: true,
  },
  user_id: { by: "caller", ...optionalName(256), filter: true },
  agent_id: { by: "caller", ...optionalName(256), filter: true },
  server_name: { by: "caller", ...optionalName(256), filter: true },
  tool_name: { by: "caller", ...optionalName(256), filter: true },
  decision: { by: "caller", ...choice(["allow", "deny"]), filter: true },
  reason: { by: "caller", ...text(4_096) },
  gateway_request_id: { by: "caller", ...filledText(128), filter: true },
  /** `intent`: permitted and about to run; `outcome`: how an intent ended; `decision`: nothing follows. */
  phase: { by: "service", ...choiceOr(PHASES, "decision") },
  outcome: { by: "service", ...optionalChoice(OUTCOMES), filter: true },
  /** Of an outcome: the id of its intent. */
  intent_id: { by: "service", column: "uuid", schema: z.uuid().nullish() },
  /** It has no index, nor have the three filters below: narrow them by time or by another field. */
  tenant_id: { by: "service", ...optionalFilledText(256), filter: true },
  sensitivity: { by: "service", ...optionalChoice(["low", "medium", "high", "critical"]) },
  duration_ms: { by: "service", ...optionalNumber(0) },
  trace_id: { by: "service", ...optionalText(64) },
  session_id: { by: "service", ...optionalText(512) },
  /** Where the request came from that this is the record of. */
  client_address: { by: "service", ...optionalFilledText(64), filter: true },
  /** Which credential that request was authenticated by: an id, never the secret. */
  credential: { by: "service", ...optionalFilledText(512), filter: true },
  /**
   * Who had this recorded (`user:alice`, `agent:bot`), where it is not just the one whom it is about: an event that an
   * enforcement point elsewhere reports, or a decision that a caller asked for on behalf of an agent.
   */
  submitted_by: { by: "service", ...optionalFilledText(256), filter: true },
  policy: { by: "service", ...optionalPolicy() },
  /** What is proven of arguments and results, which lie apart. */
  payloads: { by: "log", column: "jsonb", schema: z.custom<PayloadSummaries>().optional() },
  metadata: { by: "caller", ...metadata() },
  /** When the log accepted the record: RFC 3339, UTC, microseconds. */
  created_at: { by: "log", column: "timestamptz", schema: z.string() },
} as const satisfies Record<string, Field>;

export type Fields = typeof FIELDS;
export type FieldName = keyof Fields;
