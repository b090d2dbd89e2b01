import canonicalize from "canonicalize";
import type { ValidRecord } from "./gateway-event.ts";

/** A record as it will stand in the database, with the text that proves it. */
export interface StoredEvent {
  readonly id: string;
  /** RFC 3339 UTC, microseconds at the most: what `timestamptz` keeps. */
  readonly timestamp: string;
  readonly createdAt: string;
  readonly record: ValidRecord;
  /** RFC 8785 JSON of the record's `metadata` and `policy`. */
  readonly metadata: string;
  readonly policy: string | null;
  /** RFC 8785 JSON of everything above; its UTF-8 bytes are the leaf's data. */
  readonly canonical: string;
}

/** Fields in the order of RFC 8785 (by UTF-16 code units), each with the way its value is written. */
const FIELDS = [
  "agent_id",
  "created_at",
  "decision",
  "duration_ms",
  "event_type",
  "gateway_request_id",
  "id",
  "intent_id",
  "metadata",
  "outcome",
  "phase",
  "policy",
  "reason",
  "sensitivity",
  "server_name",
  "session_id",
  "tenant_id",
  "timestamp",
  "tool_name",
  "trace_id",
  "user_id",
] as const satisfies readonly (keyof ValidRecord | "id" | "created_at")[];

/**
 * Fixes a record's text. Absent and `null` fields are left out, so that both mean one thing. Strings and numbers
 * are written by `JSON.stringify`, which is what RFC 8785 defines them by; only what is nested needs sorting.
 */
export function toStoredEvent(record: ValidRecord, id: string, now: number): StoredEvent {
  const timestamp = rfc3339(record.timestamp * 1000);
  const createdAt = rfc3339(now);
  const metadata = canonicalize(record.metadata) ?? "{}";
  const policy = record.policy ? (canonicalize(record.policy) ?? null) : null;
  let text = "";
  for (const field of FIELDS) {
    const json = jsonOf(field);
    if (json !== null) text += `${text === "" ? "{" : ","}"${field}":${json}`;
  }
  return { id, timestamp, createdAt, record, metadata, policy, canonical: `${text}}` };

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
      default: {
        const value = record[field];
        if (value === undefined || value === null) return null;
        if (typeof value !== (field === "duration_ms" ? "number" : "string")) throw new TypeError(field);
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
  const micros = Math.min(999, Math.floor((milliseconds - whole) * 1_000));
  return `${last.text}${String(micros).padStart(3, "0")}Z`;
}
