import type { AuditRecord } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import type { Principal } from "../domain/principal.ts";

/** Where a request came from and by which credential: every record of a request says it. */
export function provenanceOf(caller: Caller): Pick<AuditRecord, "client_address" | "credential"> {
  return { client_address: caller.clientAddress, credential: caller.credential };
}

/** `user:alice` or `agent:bot`: the principal that submitted a record which names another. */
export function submitterOf({ type, id }: Principal): string {
  return `${type}:${id}`;
}
