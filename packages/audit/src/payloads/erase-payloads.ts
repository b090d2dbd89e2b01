import type pg from "pg";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { AuditError } from "../errors.ts";
import { FIELDS } from "../events/fields.ts";
import { PAYLOAD_ERASURE, type AuditRecord } from "../events/record.ts";
import { newEventId } from "../events/event-id.ts";
import type { AcceptedEvent } from "../events/accepted-event.ts";
import { isSignedLog, makeRecord, newestTree, type RecordSigner } from "../signed-records/record-signer.ts";

/** Whose payloads: all that is given must hold. At least one of the first four is needed. */
export interface ErasureSelector {
  /** Only of events of these tenants, `null` being those of none. Without it those of all: the same id is another's there. */
  readonly tenants?: readonly (string | null)[];
  readonly user_id?: string;
  readonly agent_id?: string;
  readonly gateway_request_id?: string;
  readonly event_id?: string;
  /** Only of events that happened before then. */
  readonly before?: Date;
}

export interface ErasureRequest {
  readonly selector: ErasureSelector;
  readonly reason: string;
  /** Who asked for it, and from where; stands in the record. */
  readonly by?: ErasureRequester | undefined;
}

/** Who asked for an erasure, as its record says. */
export interface ErasureRequester {
  readonly user_id?: string;
  readonly agent_id?: string;
  /** The tenant of who asks. */
  readonly tenant_id?: string;
  readonly client_address?: string | null | undefined;
  readonly credential?: string | null | undefined;
  /** Of the request; by default the record's own id. */
  readonly gateway_request_id?: string;
}

/** What an erasure did: how many payloads were erased, and the event that records it. */
export interface Erasure {
  /** Id of the event that records it. */
  readonly eventId: string;
  readonly payloads: number;
}

const COLUMNS = {
  user_id: "e.user_id = $",
  agent_id: "e.agent_id = $",
  gateway_request_id: "e.gateway_request_id = $",
  event_id: "e.id = $",
} as const;

/**
 * Erases, and records that it did, in one transaction. The salt goes with the body: what the log holds, a digest of
 * both, then does not help to guess the body. Throws `invalid_query`, or `needs_log_key` where
 * others sign this log: no verifier would take a record that is not signed.
 */
export async function erasePayloads(
  client: pg.ClientBase,
  request: ErasureRequest,
  signer: RecordSigner | undefined,
  insert: (client: pg.ClientBase, events: readonly AcceptedEvent[]) => Promise<bigint>,
): Promise<{ readonly event: AcceptedEvent; readonly seq: bigint; readonly payloads: number }> {
  const tree = signer === undefined ? null : await newestTree(client, signer);
  if (signer === undefined && (await isSignedLog(client))) {
    throw new AuditError("needs_log_key", "This log is signed: only a process that holds its key can erase.");
  }
  const { sql, values } = toConditions(request.selector);
  const id = newEventId();
  const { rows } = await client.query<{ payloads: number; last: string | null }>(
    `WITH erased AS (
       UPDATE gateway_audit_payloads AS p
       SET salt = NULL, body = NULL, erased_at = now(), erased_by = $${values.length + 1}
       FROM gateway_audit_events AS e
       WHERE p.event_id = e.id AND p."timestamp" = e."timestamp" AND p.erased_at IS NULL AND ${sql.join(" AND ")}
       RETURNING e.seq)
     SELECT count(*)::int AS payloads, max(seq) AS last FROM erased`,
    [...values, id],
  );
  const { payloads = 0, last = null } = rows[0] ?? {};
  const record = erasureRecord(request, { payloads, lastSeq: last === null ? null : Number(last) }, id);
  const event = makeRecord(record, signer, tree, id);
  return { event, seq: await insert(client, [event]), payloads };
}

const MAX_TENANTS = 100;
const FIRST_YEAR = new Date("0001-01-01T00:00:00.000Z");
const LAST_YEAR = new Date("9999-12-31T23:59:59.999Z");

/** Throws `invalid_query` for a request that would not say whose payloads, or why. */
export function checkErasure({ selector, reason }: ErasureRequest): void {
  if (Object.keys(COLUMNS).every((field) => selector[field as keyof typeof COLUMNS] === undefined)) {
    throw new AuditError("invalid_query", "selector: say whose payloads, e.g. { user_id }", {
      field: "selector",
    });
  }
  const { tenants } = selector;
  if (tenants !== undefined && (tenants.length === 0 || tenants.length > MAX_TENANTS)) {
    throw new AuditError("invalid_query", `tenants: name 1 to ${MAX_TENANTS}`, { field: "tenants" });
  }
  const texts = [
    ...Object.entries(selector),
    ...(tenants ?? []).map((tenant) => ["tenants", tenant] as const),
  ];
  for (const [field, value] of texts) {
    if (typeof value === "string" && (value.includes("\u0000") || !value.isWellFormed())) {
      const message = `${field}: must not contain NUL or unpaired surrogates`;
      throw new AuditError("invalid_query", message, { field });
    }
  }
  if (selector.event_id !== undefined && !validate(z.uuid(), selector.event_id).valid) {
    throw new AuditError("invalid_query", "event_id: must be a UUID", { field: "event_id" });
  }
  const { before } = selector;
  // Beyond these years it would stand in the record as what verifiers read as no time.
  if (before !== undefined && !(before >= FIRST_YEAR && before <= LAST_YEAR)) {
    throw new AuditError("invalid_query", "before: must be a time of the years 1 to 9999", {
      field: "before",
    });
  }
  if (reason.trim() === "") {
    throw new AuditError("invalid_query", "reason: say why, it goes on record", { field: "reason" });
  }
  if (reason.length > FIELDS.reason.maxLength || reason.includes("\u0000") || !reason.isWellFormed()) {
    const message = `reason: must be at most ${FIELDS.reason.maxLength} characters, without NUL or unpaired surrogates`;
    throw new AuditError("invalid_query", message, { field: "reason" });
  }
}

function toConditions(selector: ErasureSelector): { readonly sql: string[]; readonly values: unknown[] } {
  const sql: string[] = [];
  const values: unknown[] = [];
  for (const [field, condition] of Object.entries(COLUMNS)) {
    const value = selector[field as keyof typeof COLUMNS];
    if (value !== undefined) {
      sql.push(`${condition}${values.push(value)}`);
    }
  }
  const { tenants } = selector;
  if (tenants !== undefined) {
    const named = `e.tenant_id = ANY($${values.push(tenants.filter((tenant) => tenant !== null))}::text[])`;
    sql.push(tenants.includes(null) ? `(e.tenant_id IS NULL OR ${named})` : named);
  }
  if (selector.before !== undefined) {
    sql.push(`e."timestamp" < $${values.push(selector.before)}`);
  }
  return { sql, values };
}

function erasureRecord(
  { selector, reason, by = {} }: ErasureRequest,
  { payloads, lastSeq }: { readonly payloads: number; readonly lastSeq: number | null },
  id: string,
): AuditRecord {
  const { before, ...subject } = selector;
  const { gateway_request_id: requestId = id, ...requester } = by;
  return {
    event_type: PAYLOAD_ERASURE,
    decision: "allow",
    reason,
    timestamp: Date.now() / 1_000,
    gateway_request_id: requestId,
    metadata: {
      subject: before === undefined ? subject : { ...subject, before: before.toISOString() },
      payloads,
      // A copy of it, wherever it is put, excuses nothing that was recorded after it was made.
      last_seq: lastSeq,
    },
    ...requester,
  };
}
