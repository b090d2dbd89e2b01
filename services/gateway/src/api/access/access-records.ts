import type { AuditLog } from "@sark/audit";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { auditIdentity } from "@sark/authentication";
import { provenanceOf } from "../../governance/provenance.ts";
import type { HttpError } from "../../transport/errors.ts";

/** What a caller wants to see or do. */
export interface Act {
  readonly operation: string;
  readonly asked: JsonObject;
}

/** Each act as one event, committed before it is done, so that nothing happens unseen. Denials are on record, too. */
export interface AccessRecords {
  /**
   * An act of a caller that has the role. With `denial` it is not done all the same, above all because it is another tenant's:
   * that is recorded, and thrown. Rejects with the `AuditError` of the record where it cannot be kept.
   */
  permitted(caller: Caller, act: Act, denial?: HttpError): Promise<void>;
  /** An act of a caller that has none of the roles. */
  denied(caller: Caller, act: Act): Promise<void>;
}

/** What the reasons of the events say after the caller's name. */
export interface AccessArea {
  readonly eventType: string;
  /** `null` where what is then done leaves its own record. */
  readonly permitted: string | null;
  readonly denied: string;
  /** Of an act that is denied though the caller has the role. Default: it looks beyond its own tenant. */
  readonly beyond?: string;
}

export function createAccessRecords(
  audit: Pick<AuditLog, "record">,
  { eventType, ...reasons }: AccessArea,
): AccessRecords {
  return {
    async permitted(caller, act, denial) {
      const allowed = denial === undefined;
      const reason = allowed ? reasons.permitted : (reasons.beyond ?? "looks beyond its own tenant");
      if (reason !== null) {
        await recordAccess(audit, caller, act, { eventType, reason, allowed });
      }
      if (denial !== undefined) {
        throw denial;
      }
    },
    denied: (caller, act) =>
      recordAccess(audit, caller, act, { eventType, reason: reasons.denied, allowed: false }),
  };
}

export async function recordAccess(
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
    // Whatever calls may do while the store is away: no access without a record in it.
    { whenDown: "closed" },
  );
}
