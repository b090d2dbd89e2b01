import type pg from "pg";
import { z } from "zod";
import { AuditError } from "../errors.ts";
import { admit } from "../events/admit.ts";
import { PAYLOAD_ERASURE, TEXT_LIMITS } from "../events/gateway-event.ts";
import { newEventId } from "../events/event-id.ts";
import type { StoredEvent } from "../events/stored-event.ts";

/** Whose payloads: all that is given must hold. At least one of the first four is needed. */
export interface ErasureSelector {
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
  /** Who asked for it; stands in the record as `user_id`. */
  readonly by?: string | undefined;
}

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
 * both, then tells nothing about the body to anybody who guesses at it. Throws `invalid_query`.
 */
export async function erasePayloads(
  client: pg.ClientBase,
  request: ErasureRequest,
  insert: (client: pg.ClientBase, events: readonly StoredEvent[]) => Promise<bigint>,
): Promise<{ readonly event: StoredEvent; readonly seq: bigint; readonly payloads: number }> {
  const { sql, values } = toConditions(request.selector);
  const id = newEventId();
  const { rowCount } = await client.query(
    `UPDATE gateway_audit_payloads AS p
     SET salt = NULL, body = NULL, erased_at = now(), erased_by = $${values.length + 1}
     FROM gateway_audit_events AS e
     WHERE p.event_id = e.id AND p."timestamp" = e."timestamp" AND p.erased_at IS NULL AND ${sql.join(" AND ")}`,
    [...values, id],
  );
  const payloads = rowCount ?? 0;
  const event = erasureEvent(request, payloads, id);
  return { event, seq: await insert(client, [event]), payloads };
}

const FIRST_YEAR = new Date("0001-01-01T00:00:00.000Z");
const LAST_YEAR = new Date("9999-12-31T23:59:59.999Z");

/** Throws `invalid_query` for a request that would not say whose payloads, or why. */
export function checkErasure({ selector, reason }: ErasureRequest): void {
  if (Object.keys(COLUMNS).every((field) => selector[field as keyof typeof COLUMNS] === undefined)) {
    throw new AuditError("invalid_query", "selector: say whose payloads, e.g. { user_id }", {
      field: "selector",
    });
  }
  for (const [field, value] of Object.entries(selector)) {
    if (typeof value === "string" && (value.includes("\u0000") || !value.isWellFormed())) {
      const message = `${field}: must not contain NUL or unpaired surrogates`;
      throw new AuditError("invalid_query", message, { field });
    }
  }
  if (selector.event_id !== undefined && !z.uuid().safeParse(selector.event_id).success) {
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
  if (reason.length > TEXT_LIMITS.reason || reason.includes("\u0000") || !reason.isWellFormed()) {
    const message = `reason: must be ${TEXT_LIMITS.reason} characters at the most, without NUL or unpaired surrogates`;
    throw new AuditError("invalid_query", message, { field: "reason" });
  }
}

function toConditions(selector: ErasureSelector): { readonly sql: string[]; readonly values: unknown[] } {
  const sql: string[] = [];
  const values: unknown[] = [];
  for (const [field, condition] of Object.entries(COLUMNS)) {
    const value = selector[field as keyof typeof COLUMNS];
    if (value !== undefined) sql.push(`${condition}${values.push(value)}`);
  }
  if (selector.before !== undefined) sql.push(`e."timestamp" < $${values.push(selector.before)}`);
  return { sql, values };
}

function erasureEvent(request: ErasureRequest, payloads: number, id: string): StoredEvent {
  const { before, ...subject } = request.selector;
  return admit(
    {
      event_type: PAYLOAD_ERASURE,
      decision: "allow",
      reason: request.reason,
      timestamp: Date.now() / 1_000,
      gateway_request_id: id,
      metadata: {
        subject: before === undefined ? subject : { ...subject, before: before.toISOString() },
        payloads,
      },
      ...(request.by === undefined ? {} : { user_id: request.by }),
    },
    null,
    id,
  );
}
