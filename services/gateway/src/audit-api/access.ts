import type { AuditEvent, AuditLog } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import type { JsonObject } from "../domain/json.ts";
import { auditIdentity, type Principal } from "../domain/principal.ts";
import { HttpError } from "../http/errors.ts";

/** Roles that may read the log. */
export const READERS = ["auditor", "admin"] as const;

/** What somebody wants to see: goes on record before it is shown. */
export interface ReadRequest {
  readonly operation: "events" | "event" | "trail" | "export" | "orphans" | "proof" | "receipt";
  readonly asked: JsonObject;
}

export type Admit = (caller: Caller, request: ReadRequest) => Promise<void>;

export function isReader(principal: Principal): boolean {
  return principal.roles.some((role) => (READERS as readonly string[]).includes(role));
}

/**
 * Lets readers in, each request as one `audit_read` event: committed before anything is read, so that nobody looks at
 * the log unseen. Refusals are on record, too. Rejects with 403, or with the `AuditError` of the record.
 */
export function createAdmit(audit: Pick<AuditLog, "record">): Admit {
  return async (caller, request) => {
    const allowed = isReader(caller.principal);
    await recordRead(
      audit,
      caller,
      request,
      allowed ? "reads the audit log" : "may not read the audit log",
      allowed,
    );
    if (!allowed) {
      throw new HttpError(403, "forbidden", `This needs one of the roles ${READERS.join(", ")}.`);
    }
  };
}

export async function recordRead(
  audit: Pick<AuditLog, "record">,
  caller: Caller,
  { operation, asked }: ReadRequest,
  reason: string,
  allowed: boolean,
): Promise<void> {
  const { principal, correlationId } = caller;
  await audit.record(
    {
      event_type: "audit_read",
      ...auditIdentity(principal),
      decision: allowed ? "allow" : "deny",
      reason: `${principal.id} ${reason}`,
      timestamp: Date.now() / 1000,
      gateway_request_id: correlationId,
      metadata: { operation, asked, client_address: caller.clientAddress },
      ...(allowed ? {} : { outcome: "denied" as const }),
      ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
    },
    // Whatever calls may do while the store is away: nobody reads it without a record in it.
    { whenDown: "closed" },
  );
}

/** Whether the event is about what this principal did itself. Ids mean somebody else in another tenant. */
export function isOwn({ event }: AuditEvent, principal: Principal): boolean {
  const id = principal.type === "agent" ? event.agent_id : event.user_id;
  return id === principal.id && (event.tenant_id ?? null) === principal.tenant;
}
