import { PAYLOAD_ERASURE, type StoredEvent, type AuditLog } from "@sark/audit";
import { type AuditReader } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import type { Principal } from "../../domain/principal.ts";
import { AUDIT_READ } from "../../governance/own-event-types.ts";
import { createAccessRecords, recordAccess, type AccessRecords, type Act } from "../access/access-records.ts";
import { toolsWithin, type CallScope } from "../../domain/call-scope.ts";
import { tenantScope } from "../access/tenant-scope.ts";
import { asked, notFound } from "./failures.ts";

/** What a caller wants to see: goes on record before it is shown. */
export interface ReadRequest extends Act {
  readonly operation:
    | "events"
    | "summary"
    | "event"
    | "trail"
    | "export"
    | "orphans"
    | "entries"
    | "proof"
    | "receipt";
}

/** Reads of the log, and denied ones. */
export function createReadRecords(audit: Pick<AuditLog, "record">): AccessRecords {
  return createAccessRecords(audit, {
    eventType: AUDIT_READ,
    permitted: "reads the audit log",
    denied: "may not read the audit log",
  });
}

/** Denied erasures of arguments and results; the log records itself what is erased. */
export function createErasureRecords(audit: Pick<AuditLog, "record">): AccessRecords {
  return createAccessRecords(audit, {
    eventType: PAYLOAD_ERASURE,
    permitted: null,
    denied: "may not erase arguments and results",
    beyond: "would erase what is not there, or not in its own tenant",
  });
}

export type ReadEvent = (
  operation: ReadRequest["operation"],
  id: string,
  caller: Caller,
) => Promise<StoredEvent>;

/**
 * Lets a reader of the log have one event; rejects with 404 when there is none. To those who are bound to a tenant,
 * events of others are as if they were not there, and asking for one is a denial on record.
 */
export function createReadEvent(reader: Pick<AuditReader, "event">, reads: AccessRecords): ReadEvent {
  return async (operation, id, caller) => {
    const tenant = tenantScope(caller.principal);
    const missing = notFound("event of this id");
    const before = tenant === null ? null : await asked(() => reader.event(id));
    const isElsewhere = before !== null && before.event.tenant_id !== tenant;
    await reads.permitted(caller, readOf(operation, id), isElsewhere ? missing : undefined);
    const found = before ?? (await asked(() => reader.event(id)));
    if (found === null) {
      throw missing;
    }
    return found;
  };
}

/** As it goes on record. */
export function readOf(operation: ReadRequest["operation"], id: string): ReadRequest {
  return { operation, asked: { id: recordableId(id) } };
}

/** A caller's question for the receipt of an event of its own, or of what it takes for one. */
export async function recordReceipt(
  audit: Pick<AuditLog, "record">,
  caller: Caller,
  id: string,
  own: boolean,
): Promise<void> {
  const reason = own ? "takes the receipt of an event of its own" : "may not have this receipt";
  await recordAccess(audit, caller, readOf("receipt", id), { eventType: AUDIT_READ, reason, allowed: own });
}

/** An id out of a path as it can stand in a record: cut, and without what PostgreSQL cannot hold. */
export function recordableId(id: string, limit = 64): string {
  return id.slice(0, limit).toWellFormed().replaceAll("\u0000", "\uFFFD");
}

/**
 * Whether the event is about what this principal did itself. In another tenant the same id is another person; and a key
 * that is for some tools shows nothing of what was done with others.
 */
export function isOwn({ event }: StoredEvent, principal: Principal): boolean {
  if (principal.scope !== undefined && !isInScope(principal.scope, event)) {
    return false;
  }
  const id = principal.type === "agent" ? event.agent_id : event.user_id;
  return id === principal.id && (event.tenant_id ?? null) === principal.tenant;
}

function isInScope(scope: CallScope, event: StoredEvent["event"]): boolean {
  const { server_name: server, tool_name: tool } = event;
  const tools = server === undefined ? undefined : toolsWithin(scope, server);
  return tools === null || (tools !== undefined && tool !== undefined && tools.has(tool));
}
