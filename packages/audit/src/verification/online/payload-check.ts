import { hash } from "node:crypto";
import { SALT_BYTES } from "../../payloads/prepare.ts";
import { fieldOf, type BinaryRow } from "../rows/binary-rows.ts";
import type { IdRange } from "./id-range.ts";
import type { Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";
import type { Excuses } from "./read-excuses.ts";

/**
 * Checks the arguments and results that are kept beside the log: each has to be the one whose salted digest was logged,
 * and a record of the log has to excuse each that is missing.
 */
export interface PayloadCheck {
  /** Those of the events `from … to-1`, whose columns were verified before, and whose ids and times lie in the range. */
  check(from: number, to: number, range: IdRange): Promise<void>;
  /** After all events: nothing may be kept for those that logged nothing. */
  checkForeign(): Promise<void>;
  /** The first that is not as it should be, and the first that should not be. */
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
  // PostgreSQL knows times that no text of ours has, and an attacker may have written one.
  if (time < YEARS.first) {
    return "-infinity";
  }
  return time > YEARS.last ? "infinity" : new Date(time).toISOString();
}

const kept = (from: number, to: number, range: IdRange): string => `
  SELECT e.seq, p.event_id::text, p.kind, p.salt, p.body, e.payloads -> p.kind ->> 'digest',
    e.payloads -> p.kind ->> 'policy' IS NOT DISTINCT FROM p.policy, p.policy = 'digest',
    e.payloads -> p.kind ->> 'salt_digest'
  FROM gateway_audit_events AS e
  JOIN gateway_audit_payloads AS p ON p.event_id = e.id AND p."timestamp" = e."timestamp"
  WHERE e.seq >= ${from} AND e.seq < ${to} AND e.payloads IS NOT NULL AND (p.salt IS NOT NULL OR p.body IS NOT NULL)
    AND ${within(range)}
  ORDER BY e.seq, p.event_id, p.kind`;

/** A time with milliseconds, as our records have it. Compared as text: what is no time must not fail the statement. */
const TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$";
/** An event's time, cut to milliseconds. */
const EVENT_TIME = `(left(to_char(e."timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), 23) COLLATE "C")`;

/**
 * The first payload that has no row though retention drops none as young, or that is erased by no erasure of its event.
 * `$3` is the time up to which retention dropped payloads, `$4` and `$5` the erasures that count and their last events.
 */
const firstMissingSql = (range: IdRange): string => `
  SELECT e.seq, e.id, logged.kind
  FROM gateway_audit_events AS e
  CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(e.payloads) WHEN 'object' THEN e.payloads ELSE '{}' END)
    AS logged (kind)
  LEFT JOIN gateway_audit_payloads AS p
    ON p.event_id = e.id AND p."timestamp" = e."timestamp" AND p.kind = logged.kind AND ${within(range)}
  WHERE e.seq >= $1 AND e.seq < $2 AND e.payloads IS NOT NULL AND p.salt IS NULL
    AND CASE WHEN p.event_id IS NULL
      THEN ${EVENT_TIME} > $3
      ELSE NOT EXISTS (
        SELECT FROM unnest($4::uuid[], $5::bigint[]) AS counts (id, last_seq)
        JOIN gateway_audit_events AS erasure ON erasure.id = counts.id,
          jsonb_to_record(CASE jsonb_typeof(erasure.metadata -> 'subject') WHEN 'object'
            THEN erasure.metadata -> 'subject' ELSE '{}' END)
            AS subject (user_id text, agent_id text, gateway_request_id text, event_id text, before text, tenants jsonb)
        WHERE counts.id = p.erased_by AND e.seq <= counts.last_seq
          AND coalesce(subject.user_id, subject.agent_id, subject.gateway_request_id, subject.event_id) IS NOT NULL
          AND coalesce(subject.user_id = e.user_id, subject.user_id IS NULL)
          AND coalesce(subject.agent_id = e.agent_id, subject.agent_id IS NULL)
          AND coalesce(subject.gateway_request_id = e.gateway_request_id, true)
          AND coalesce(lower(subject.event_id) = e.id::text, true)
          AND coalesce(subject.tenants @> coalesce(to_jsonb(e.tenant_id), 'null'), true)
          AND (subject.before IS NULL
            OR subject.before ~ '${TIME}' AND ${EVENT_TIME} < left(subject.before, 23) COLLATE "C"))
      END
  ORDER BY e.seq, e.id, logged.kind LIMIT 1`;

/** Which records are said to have erased payloads of a piece: a log may have more of them than a statement should be told. */
const erasuresOf = (from: number, to: number, range: IdRange): string => `
  SELECT DISTINCT p.erased_by::text AS id
  FROM gateway_audit_events AS e
  JOIN gateway_audit_payloads AS p ON p.event_id = e.id AND p."timestamp" = e."timestamp"
  WHERE e.seq >= ${from} AND e.seq < ${to} AND p.salt IS NULL AND p.erased_by IS NOT NULL AND ${within(range)}`;

/** Kept for an event that logged none, or under another time than the event's: not put there by the log. */
const FOREIGN = `
  SELECT e.seq, e.id, p.kind
  FROM gateway_audit_payloads AS p
  JOIN gateway_audit_events AS e ON e.id = p.event_id
  WHERE e.payloads IS NULL OR e."timestamp" <> p."timestamp"
  ORDER BY e.seq, e.id, p.kind LIMIT 1`;

/** @param readAgain what the records excuse, as they stand now */
export function createPayloadCheck(
  { client, copy }: LogConnection,
  excuses: Excuses,
  readAgain: () => Promise<Excuses>,
): PayloadCheck {
  const findings: Finding[] = [];

  function onKept(row: BinaryRow): void {
    if (findings.length > 0) {
      return;
    }
    const seq = Number(fieldOf(row, 0).readBigInt64BE(0));
    const [id, kind] = [fieldOf(row, 1).toString("utf8"), fieldOf(row, 2).toString("utf8")];
    const what = `The ${kind} kept for event ${id} at seq ${seq}`;
    const [isPolicyLogged, isDigestOnly] = [fieldOf(row, 6)[0] === 1, fieldOf(row, 7)[0] === 1];
    const hasBody = (row.lengths[4] ?? -1) >= 0;
    if (!isPolicyLogged || (isDigestOnly && hasBody)) {
      const message = `${what} are kept by another policy than was logged.`;
      findings.push({ kind: "payload_altered", seq, id, message });
    } else if (!isDigestOnly && !hasBody) {
      findings.push(missing(seq, id, what));
    } else if (fieldOf(row, 3).length !== SALT_BYTES || !isSaltLogged(row)) {
      const message = `The salt of the ${kind} of event ${id} at seq ${seq} is not the one that was logged.`;
      findings.push({ kind: "payload_altered", seq, id, message });
    } else if (hasBody) {
      const digest = hash("sha256", Buffer.concat([fieldOf(row, 3), fieldOf(row, 4)]), "hex");
      if (digest === fieldOf(row, 5).toString("utf8")) {
        return;
      }
      const message = `${what} are not those whose digest was logged.`;
      findings.push({ kind: "payload_altered", seq, id, message });
    }
  }

  async function erasuresFor(
    from: number,
    to: number,
    range: IdRange,
    erasures: Excuses["erasures"],
  ): Promise<readonly (readonly [id: string, lastSeq: number])[]> {
    if (erasures.size === 0) {
      return [];
    }
    const { rows } = await client.query<{ id: string }>(erasuresOf(from, to, range));
    return rows.flatMap(({ id }) => {
      const lastSeq = erasures.get(id);
      return lastSeq === undefined ? [] : [[id, lastSeq] as const];
    });
  }

  async function firstMissing(
    from: number,
    to: number,
    range: IdRange,
    { payloadsUntil, erasures }: Excuses,
  ): Promise<Finding | null> {
    const named = await erasuresFor(from, to, range, erasures);
    const { rows } = await client.query<{ seq: string; id: string; kind: string }>(firstMissingSql(range), [
      from,
      to,
      payloadsUntil.slice(0, 23),
      named.map(([id]) => id),
      named.map(([, lastSeq]) => lastSeq),
    ]);
    const [first] = rows;
    if (first === undefined) {
      return null;
    }
    const { seq, id, kind } = first;
    return missing(Number(seq), id, `The ${kind} kept for event ${id} at seq ${seq}`);
  }

  return {
    findings,
    async check(from, to, range) {
      if (findings.length > 0) {
        return;
      }
      await copy(kept(from, to, range), 9, onKept);
      // Asked again: what retention drops just now is missing a moment before its record can be seen.
      const first =
        (await firstMissing(from, to, range, excuses)) &&
        (await firstMissing(from, to, range, await readAgain()));
      if (first !== null && (first.seq ?? 0) < (findings[0]?.seq ?? Number.POSITIVE_INFINITY)) {
        findings.splice(0, 1, first);
      }
    },
    async checkForeign() {
      const { rows } = await client.query<{ seq: string; id: string; kind: string }>(FOREIGN);
      for (const { seq, id, kind } of rows) {
        const message = `The ${kind} kept for event ${id} at seq ${seq} are none that it logged: they were inserted.`;
        findings.push({ kind: "payload_altered", seq: Number(seq), id, message });
      }
    },
  };
}

/** Older records say nothing of it: their salts are proven by the body alone. */
function isSaltLogged(row: BinaryRow): boolean {
  return (
    (row.lengths[8] ?? -1) < 0 || hash("sha256", fieldOf(row, 3), "hex") === fieldOf(row, 8).toString("utf8")
  );
}

function missing(seq: number, id: string, what: string): Finding {
  const message = `${what} are missing, and no record says that they were erased or dropped.`;
  return { kind: "payload_missing", seq, id, message };
}
