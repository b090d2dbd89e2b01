import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ValidRecord } from "./gateway-event.ts";

/** A record as it will stand in the database, with the bytes that prove it. */
export interface StoredEvent {
  readonly id: string;
  /** RFC 3339 UTC, microseconds at the most: what `timestamptz` keeps. */
  readonly timestamp: string;
  readonly createdAt: string;
  readonly record: ValidRecord;
  /** RFC 8785 JSON of everything above: the leaf's data. */
  readonly canonical: Buffer;
  /** RFC 6962 leaf hash, SHA-256(0x00 ‖ canonical). */
  readonly leafHash: Buffer;
}

const LEAF_PREFIX = Buffer.from([0]);

/** Fixes a record's bytes. Absent and `null` fields are left out, so that both mean one thing. */
export function toStoredEvent(record: ValidRecord, id: string, now: number): StoredEvent {
  const timestamp = rfc3339(record.timestamp * 1000);
  const createdAt = rfc3339(now);
  const fields: Record<string, unknown> = { id, created_at: createdAt };
  for (const [key, value] of Object.entries(record)) {
    if (value !== undefined && value !== null) fields[key] = value;
  }
  fields["timestamp"] = timestamp;
  const canonical = Buffer.from(canonicalize(fields) ?? "", "utf8");
  const leafHash = hash("sha256", Buffer.concat([LEAF_PREFIX, canonical]), "buffer");
  return { id, timestamp, createdAt, record, canonical, leafHash };
}

/** Unix milliseconds with fractions to RFC 3339 with microseconds. */
function rfc3339(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const micros = Math.min(999, Math.floor((milliseconds - whole) * 1_000));
  return new Date(whole).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
}
