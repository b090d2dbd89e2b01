import { PAYLOAD_ERASURE, type StoredEvent, type AuditLog } from "@sark/audit";
import { type AuditReader } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import type { Principal } from "../../domain/principal.ts";
import {
  AUDIT_READ,
  createAdmit,
  OPERATORS,
  READERS,
  recordAct,
  type Act,
  type Admit,
} from "../../governance/admission.ts";
import { tenantScope } from "../../governance/tenant-scope.ts";
import { asked, notFound } from "./failures.ts";

/** What somebody wants to see: goes on record before it is shown. */
export interface ReadRequest extends Act {
  readonly operation: "events" | "event" | "trail" | "export" | "orphans" | "entries" | "proof" | "receipt";
}

export function isReader(principal: Principal): boolean {
  return principal.roles.some((role) => (READERS as readonly string[]).includes(role));
}

/** Lets readers in; refusals are on record, too. Rejects with 403, or with the `AuditError` of the record. */
export function createAdmitReader(audit: Pick<AuditLog, "record">): Admit {
  return createAdmit(audit, {
    eventType: AUDIT_READ,
    roles: READERS,
    allowed: "reads the audit log",
    refused: "may not read the audit log",
  });
}

/** Lets in who may erase arguments and results; refusals are on record. */
export function createAdmitEraser(audit: Pick<AuditLog, "record">): Admit {
  return createAdmit(audit, {
    eventType: PAYLOAD_ERASURE,
    roles: OPERATORS,
    allowed: null,
    refused: "may not erase arguments and results",
  });
}

export type AdmitEvent = (
  operation: ReadRequest["operation"],
  id: string,
  caller: Caller,
) => Promise<StoredEvent>;

/**
 * Lets readers have one event; rejects with 404 when there is none. To those who are bound to a tenant, events of others
 * are as if they were not there, and asking for one is a denial on record.
 */
export function createAdmitEvent(reader: Pick<AuditReader, "event">, admit: Admit): AdmitEvent {
  return async (operation, id, caller) => {
    const tenant = tenantScope(caller.principal);
    const missing = notFound("event of this id");
    const bound = tenant !== null && isReader(caller.principal);
    const before = bound ? await asked(() => reader.event(id)) : null;
    const isElsewhere = before !== null && before.event.tenant_id !== tenant;
    await admit(caller, {
      operation,
      asked: { id: recordableId(id) },
      refusal: isElsewhere ? missing : undefined,
    });
    const found = before ?? (await asked(() => reader.event(id)));
    if (found === null) {
      throw missing;
    }
    return found;
  };
}

export async function recordRead(
  audit: Pick<AuditLog, "record">,
  caller: Caller,
  request: ReadRequest,
  reason: string,
  allowed: boolean,
): Promise<void> {
  await recordAct(audit, caller, request, { eventType: AUDIT_READ, reason, allowed });
}

/** An id out of a path as it can stand in a record: cut, and without what PostgreSQL cannot hold. */
export function recordableId(id: string, limit = 64): string {
  return id.slice(0, limit).toWellFormed().replaceAll("\u0000", "\uFFFD");
}

/** Whether the event is about what this principal did itself. Ids mean somebody else in another tenant. */
export function isOwn({ event }: StoredEvent, principal: Principal): boolean {
  const id = principal.type === "agent" ? event.agent_id : event.user_id;
  return id === principal.id && (event.tenant_id ?? null) === principal.tenant;
}
