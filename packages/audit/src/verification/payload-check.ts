import { hash } from "node:crypto";
import type { BinaryRow } from "./binary-rows.ts";
import type { IdRange } from "./event-rows.ts";
import type { Finding } from "./finding.ts";
import type { LogConnection } from "./log-connection.ts";

/**
 * Checks the arguments and results that lie beside the log: each has to be the one whose salted digest was logged, and
 * one that is gone has to be gone by a record of the log.
 */
export interface PayloadCheck {
  /** Those of the events `from … to-1`, whose columns were verified before, and whose ids and times lie in the range. */
  check(from: number, to: number, range: IdRange): Promise<void>;
  /** The first that is not as it should be. */
  readonly findings: readonly Finding[];
}

/** Without it the whole table would be joined with each piece of the log. */
function within({ firstId, lastId, from, to }: IdRange): string {
  return `p.event_id BETWEEN '${firstId.toString("hex")}' AND '${lastId.toString("hex")}'
    AND p."timestamp" BETWEEN '${timeOf(from, -1)}' AND '${timeOf(to, 1)}'`;
}

const YEARS = { first: Date.parse("0001-01-01T00:00:00Z"), last: Date.parse("9999-12-31T00:00:00Z") };

/** @param milliseconds that make up for the microseconds that are cut off */
function timeOf(microseconds: bigint, milliseconds: number): string {
  const time = Date.UTC(2000, 0, 1) + Number(microseconds / 1_000n) + milliseconds;
  // PostgreSQL knows times that no text of ours has, and somebody may have written one.
  if (time < YEARS.first) return "-infinity";
  return time > YEARS.last ? "infinity" : new Date(time).toISOString();
}

const kept = (from: number, to: number, range: IdRange): string => `
  SELECT e.seq, p.event_id::text, p.kind, p.salt, p.body, e.payloads -> p.kind ->> 'digest'
  FROM gateway_audit_events AS e
  JOIN gateway_audit_payloads AS p ON p.event_id = e.id AND p."timestamp" = e."timestamp"
  WHERE e.seq >= ${from} AND e.seq < ${to} AND e.payloads IS NOT NULL AND p.body IS NOT NULL AND ${within(range)}
  ORDER BY e.seq`;

/**
 * The first payload that has no row though retention drops none as young, or that is erased by no erasure of its event.
 * Records of retention have times in milliseconds, the table in microseconds.
 */
const gone = (range: IdRange): string => `
  SELECT e.seq, e.id, logged.kind
  FROM gateway_audit_events AS e
  CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(e.payloads) WHEN 'object' THEN e.payloads ELSE '{}' END)
    AS logged (kind)
  LEFT JOIN gateway_audit_payloads AS p
    ON p.event_id = e.id AND p."timestamp" = e."timestamp" AND p.kind = logged.kind AND ${within(range)}
  WHERE e.seq >= $1 AND e.seq < $2 AND e.payloads IS NOT NULL AND p.salt IS NULL
    AND CASE WHEN p.event_id IS NULL
      THEN e."timestamp" > (
        SELECT coalesce(max((purge.metadata ->> 'newest')::timestamptz) + interval '1 ms', '-infinity')
        FROM gateway_audit_events AS purge
        WHERE purge.event_type = 'retention_purge' AND purge.metadata ->> 'table' = 'gateway_audit_payloads')
      ELSE NOT EXISTS (
        SELECT FROM gateway_audit_events AS erasure,
          jsonb_to_record(erasure.metadata -> 'subject')
            AS subject (user_id text, agent_id text, gateway_request_id text, event_id text, before timestamptz)
        WHERE erasure.id = p.erased_by AND erasure.event_type = 'payload_erasure' AND erasure.seq > e.seq
          AND coalesce(subject.user_id = e.user_id, subject.user_id IS NULL)
          AND coalesce(subject.agent_id = e.agent_id, subject.agent_id IS NULL)
          AND coalesce(subject.gateway_request_id = e.gateway_request_id, true)
          AND coalesce(lower(subject.event_id) = e.id::text, true)
          AND coalesce(e."timestamp" < subject.before, true))
      END
  ORDER BY e.seq LIMIT 1`;

export function createPayloadCheck({ client, copy }: LogConnection): PayloadCheck {
  const findings: Finding[] = [];

  function onKept(row: BinaryRow): void {
    const seq = Number(part(row, 0).readBigInt64BE(0));
    const digest = hash("sha256", Buffer.concat([part(row, 3), part(row, 4)]), "hex");
    if (findings.length > 0 || digest === part(row, 5).toString("utf8")) return;
    const [id, kind] = [part(row, 1).toString("utf8"), part(row, 2).toString("utf8")];
    const message = `The ${kind} kept for event ${id} at seq ${seq} are not those whose digest was logged.`;
    findings.push({ kind: "payload_altered", seq, id, message });
  }

  async function firstGone(from: number, to: number, range: IdRange): Promise<Finding | null> {
    const { rows } = await client.query<{ seq: string; id: string; kind: string }>(gone(range), [from, to]);
    const [first] = rows;
    if (first === undefined) return null;
    const { seq, id, kind } = first;
    const message = `The ${kind} kept for event ${id} at seq ${seq} are gone, and no record says that they were erased or dropped.`;
    return { kind: "payload_missing", seq: Number(seq), id, message };
  }

  return {
    findings,
    async check(from, to, range) {
      if (findings.length > 0) return;
      await copy(kept(from, to, range), 6, onKept);
      // Asked again: what retention drops just now is gone a moment before its record can be seen.
      const missing = (await firstGone(from, to, range)) && (await firstGone(from, to, range));
      if (missing !== null && (missing.seq ?? 0) < (findings[0]?.seq ?? Number.POSITIVE_INFINITY)) {
        findings.splice(0, 1, missing);
      }
    },
  };
}

function part({ bytes, offsets, lengths }: BinaryRow, at: number): Buffer {
  const [offset = 0, length = 0] = [offsets[at], lengths[at]];
  return bytes.subarray(offset, offset + Math.max(0, length));
}
