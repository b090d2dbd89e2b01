import type { AuditLog } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import type { JsonObject } from "../domain/json.ts";
import { auditIdentity } from "../domain/principal.ts";
import { provenanceOf } from "./provenance.ts";
import { HttpError } from "../transport/errors.ts";
import { SESSION_BEGIN, SESSION_END } from "./session-events.ts";

/** Roles that may read what is on record. */
export const READERS = ["auditor", "admin"] as const;
/** Roles that may change how the gateway works. */
export const OPERATORS = ["admin"] as const;

/** Type of the events that say who looked at the log. */
export const AUDIT_READ = "audit_read";
/** Type of the events that say who steered deliveries. */
export const SIEM_CONTROL = "siem_control";

/** What the gateway says of itself: nobody else can have it recorded. */
export const OWN_EVENT_TYPES: readonly unknown[] = [AUDIT_READ, SIEM_CONTROL, SESSION_BEGIN, SESSION_END];

/** What somebody wants to see or do: goes on record before it is seen or done. */
export interface Act {
  readonly operation: string;
  readonly asked: JsonObject;
  /** What a caller of the right role is refused with all the same: it asks for what is another tenant's. */
  readonly refusal?: HttpError | undefined;
}

export type Admit = (caller: Caller, act: Act) => Promise<void>;

/**
 * Lets those with one of the roles in, each act as one event: committed first, so that nothing happens unseen. Refusals
 * are on record, too. Rejects with 403, or with the `AuditError` of the record.
 */
export function createAdmit(
  audit: Pick<AuditLog, "record">,
  area: {
    readonly eventType: string;
    readonly roles: readonly string[];
    /** What comes after the caller's name in the event's reason; `null` where what is then done leaves its own record. */
    readonly allowed: string | null;
    readonly refused: string;
  },
): Admit {
  const { eventType, roles } = area;
  return async (caller, act) => {
    const hasRole = caller.principal.roles.some((role) => roles.includes(role));
    const allowed = hasRole && act.refusal === undefined;
    const denial = hasRole ? "looks beyond its own tenant" : area.refused;
    const reason = allowed ? area.allowed : denial;
    if (reason !== null) {
      await recordAct(audit, caller, act, { eventType, reason, allowed });
    }
    if (hasRole && act.refusal !== undefined) {
      throw act.refusal;
    }
    if (!allowed) {
      throw new HttpError(403, "forbidden", `This needs one of the roles ${roles.join(", ")}.`);
    }
  };
}

export async function recordAct(
  audit: Pick<AuditLog, "record">,
  caller: Caller,
  { operation, asked }: Act,
  { eventType, reason, allowed }: { eventType: string; reason: string; allowed: boolean },
): Promise<void> {
  const { principal, correlationId } = caller;
  await audit.record(
    {
      event_type: eventType,
      ...auditIdentity(principal),
      decision: allowed ? "allow" : "deny",
      reason: `${principal.id} ${reason}`,
      timestamp: Date.now() / 1000,
      gateway_request_id: correlationId,
      metadata: { operation, asked },
      ...provenanceOf(caller),
      ...(allowed ? {} : { outcome: "denied" as const }),
      ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
    },
    // Whatever calls may do while the store is away: nobody acts without a record in it.
    { whenDown: "closed" },
  );
}
