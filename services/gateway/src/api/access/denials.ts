import type { AuditLog, AuditRecord } from "@sark/audit";
import type { AskedEndpoint } from "@sark/http-api";
import type { Caller } from "../../domain/governance.ts";
import { auditIdentity } from "@sark/authentication";
import { ACCESS_DENIED } from "../../governance/own-event-types.ts";
import { provenanceOf } from "../../governance/provenance.ts";
import { createRefusalRecords, type RefusalWindows } from "../../governance/refusal-records.ts";
import { HttpError } from "../../transport/errors.ts";

/**
 * Denials of endpoints that put none on record themselves, above all of those that monitors ask without end. A scraper
 * with a wrong role leaves an event when it begins, and then one in each minute with how often it was denied.
 */
export interface Denials {
  /** A caller has none of the roles. Resolves when the event stands. Never rejects: it is denied all the same. */
  byRole(caller: Caller, endpoint: AskedEndpoint): Promise<void>;
  /** A handler has thrown this: an `UnrecordedDenial` goes on record, all else has been, or is no denial. */
  thrown(caller: Caller, endpoint: AskedEndpoint, error: unknown): Promise<void>;
  /** Writes what is counted so far. */
  close(): Promise<void>;
}

/** A denial that its handler leaves to the record of its endpoint. */
export class UnrecordedDenial extends HttpError {
  readonly reasonCode: string;
  constructor(reasonCode: "beyond_tenant" | "on_behalf", ...[code, message, options]: HttpErrorParameters) {
    super(code, message, options);
    this.reasonCode = reasonCode;
  }
}

type HttpErrorParameters = ConstructorParameters<typeof HttpError>;

const EACH_MINUTE: RefusalWindows = { windowMs: 60_000, goesOn: true };

export function createDenials(
  audit: Pick<AuditLog, "record">,
  onLost: (error: unknown) => void,
  now?: () => number,
): Denials {
  const records = createRefusalRecords(audit, onLost, now, EACH_MINUTE);

  async function denied(caller: Caller, operation: string, code: string, why: string): Promise<void> {
    await records.refused(caller, `${operation} ${code}`, () => denialOf(caller, operation, code, why));
  }

  return {
    byRole: (caller, { method, path }) =>
      denied(caller, `${method} ${path}`, "denied_by_role", "with no role for it"),
    async thrown(caller, { method, path }, error) {
      if (error instanceof UnrecordedDenial) {
        const why = error.reasonCode === "beyond_tenant" ? "beyond its own tenant" : "for another one";
        await denied(caller, `${method} ${path}`, error.reasonCode, why);
      }
    },
    close: records.close,
  };
}

function denialOf(caller: Caller, operation: string, code: string, why: string): AuditRecord {
  const { principal, correlationId } = caller;
  return {
    event_type: ACCESS_DENIED,
    ...auditIdentity(principal),
    decision: "deny",
    reason: `${principal.id} asks for ${operation} ${why}`,
    timestamp: Date.now() / 1000,
    gateway_request_id: correlationId,
    metadata: { reason_code: code, operation },
    ...provenanceOf(caller),
    outcome: "denied",
    ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
  };
}
