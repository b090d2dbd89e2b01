import { canonicalJson } from "../json/canonical-json.ts";
import type { PreparedPayloads, KeptPayload } from "../payloads/prepare.ts";
import type { AuditEvent } from "./audit-event.ts";
import type { ValidRecord } from "./record.ts";

/** A record as it will stand in the database, with the text that proves it. */
export interface AcceptedEvent {
  readonly id: string;
  /** RFC 3339 UTC, microseconds at the most: what `timestamptz` keeps. */
  readonly timestamp: string;
  readonly createdAt: string;
  readonly record: ValidRecord;
  /** Canonical JSON (`canonicalJson`) of the record's `metadata`, `policy` and of what is proven of its payloads. */
  readonly metadata: string;
  readonly policy: string | null;
  readonly payloadSummaries: string | null;
  /** Canonical JSON of everything above; its UTF-8 bytes are the leaf's data. */
  readonly canonical: string;
  /** Arguments and results that are kept beside the log. */
  readonly payloads: readonly KeptPayload[];
}

/** Fields in the order of RFC 8785 (by UTF-16 code units), each with the way its value is written. */
const FIELDS = [
  "agent_id",
  "client_address",
  "created_at",
  "credential",
  "decision",
  "duration_ms",
  "event_type",
  "gateway_request_id",
  "id",
  "intent_id",
  "metadata",
  "outcome",
  "payloads",
  "phase",
  "policy",
  "reason",
  "sensitivity",
  "server_name",
  "session_id",
  "submitted_by",
  "tenant_id",
  "timestamp",
  "tool_name",
  "trace_id",
  "user_id",
] as const satisfies readonly (keyof AuditEvent)[];

/**
 * Fixes a record's text. Absent and `null` fields are left out, so that both mean one thing. Strings and numbers
 * are written by `JSON.stringify`, which is what RFC 8785 defines them by; only what is nested needs sorting.
 */
export function toAcceptedEvent(
  record: ValidRecord,
  id: string,
  now: number,
  payloads: PreparedPayloads | null = null,
): AcceptedEvent {
  const timestamp = rfc3339(record.timestamp * 1000);
  const createdAt = rfc3339(now);
  const metadata = canonicalJson(record.metadata);
  const policy = record.policy ? canonicalJson(record.policy) : null;
  const payloadSummaries = payloads === null ? null : canonicalJson(payloads.summaries);
  let text = "";
  for (const field of FIELDS) {
    const json = jsonOf(field);
    if (json !== null) {
      text += `${text === "" ? "{" : ","}"${field}":${json}`;
    }
  }
  return {
    id,
    timestamp,
    createdAt,
    record,
    metadata,
    policy,
    payloadSummaries,
    canonical: `${text}}`,
    payloads: payloads?.stored ?? [],
  };

  function jsonOf(field: (typeof FIELDS)[number]): string | null {
    switch (field) {
      case "id":
        return `"${id}"`;
      case "created_at":
        return `"${createdAt}"`;
      case "timestamp":
        return `"${timestamp}"`;
      case "metadata":
        return metadata;
      case "policy":
        return policy;
      case "payloads":
        return payloadSummaries;
      default: {
        const value = record[field];
        if (value === undefined || value === null) {
          return null;
        }
        if (typeof value !== (field === "duration_ms" ? "number" : "string")) {
          throw new TypeError(field);
        }
        return JSON.stringify(value);
      }
    }
  }
}

/** The last millisecond written out: under load many records share it. */
const last = { millisecond: Number.NaN, text: "" };

/** Unix milliseconds with fractions to RFC 3339 with microseconds. */
function rfc3339(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  if (whole !== last.millisecond) {
    last.text = new Date(whole).toISOString().slice(0, -1);
    last.millisecond = whole;
  }
  // A fraction of seconds is not exact in binary: .123456 must not become .123455.
  const micros = Math.min(999, Math.round((milliseconds - whole) * 1_000));
  return `${last.text}${String(micros).padStart(3, "0")}Z`;
}
