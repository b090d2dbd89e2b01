import type { AuditLog, AuditRecord } from "@sark/audit";
import type { CallResult, Refusal } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { BudgetShown, Quotas } from "../domain/quotas.ts";
import { callRecord, shortened, type CountedCall } from "./limited-record.ts";
import type { RateLimitStage } from "./rate-limit-stage.ts";
import { createRefusalRecords } from "./refusal-records.ts";

/** The stage after policy and before the intent: a call whose price does not fit the budgets ends here. */
export interface QuotaStage {
  /** Resolves to what may be spent, or to why the call is refused. Never rejects. */
  reserve(counted: CountedCall, traceId: string | undefined): Promise<Granted | Refusal>;
  /** Writes what is counted of refusals so far. */
  close(): Promise<void>;
}

export interface Granted {
  readonly allowed: true;
  /** For the intent's metadata. */
  readonly marks: JsonObject;
  /** Settles it; what it returns is for the outcome's metadata. `committed`: whether the intent is. */
  settle(result: CallResult, committed: boolean): JsonObject;
  /** The call is not made after all. */
  release(): void;
}

export const FREE: Granted = { allowed: true, marks: {}, settle: () => ({}), release: () => undefined };

const UNAVAILABLE = "The budget of this call cannot be looked at, so it was not made; try again later.";

export function createQuotaStage(deps: {
  readonly quotas: Quotas;
  /** Of limits that callers have in common, which come after this stage; `null` where there are none. */
  readonly rateLimits: Pick<RateLimitStage, "reached"> | null;
  readonly audit: Pick<AuditLog, "record">;
  onLost(error: unknown): void;
}): QuotaStage {
  const { quotas } = deps;
  const records = createRefusalRecords(deps.audit, deps.onLost);

  return {
    async reserve(counted, traceId) {
      const { server, tool } = counted.subject;
      if (server === null || tool === null) {
        return FREE;
      }
      // Each would be a reservation that is released at once, of as many calls as are sent.
      const limited = (await deps.rateLimits?.reached("common", counted, traceId)) ?? null;
      if (limited !== null) {
        return limited;
      }
      const allowance = await quotas.reserve({ principal: counted.principal, server, tool });
      switch (allowance.kind) {
        case "free":
          return FREE;
        case "allowed":
          return { allowed: true, ...allowance };
        case "exceeded": {
          const { budget, currency } = allowance;
          const reason = exceededReason(budget, currency);
          const record = () =>
            refusedRecord(counted, traceId, "quota_exceeded", reason, { budget: { ...budget } });
          const audit = await records.refused(counted.caller, `${budget.kind} ${budget.period}`, record);
          const retryAfterSeconds = Math.max(1, Math.ceil((budget.endsAt - Date.now()) / 1_000));
          return { allowed: false, audit, code: "quota_exceeded", reason, retryAfterSeconds };
        }
        case "unavailable": {
          const record = () => refusedRecord(counted, traceId, "quota_unavailable", UNAVAILABLE, {});
          const audit = await records.refused(counted.caller, "unavailable", record);
          return { allowed: false, audit, code: "quota_unavailable", reason: UNAVAILABLE };
        }
      }
    },
    close: () => records.close(),
  };
}

function exceededReason(
  { kind, name, period, limit, remaining, endsAt }: BudgetShown,
  currency: string,
): string {
  const which = period === "day" ? "daily" : "monthly";
  const left =
    remaining === "0" ? "is used up" : `has ${remaining} ${currency} left, less than this call costs`;
  return `The ${which} budget of ${kind} "${shortened(name)}" (${limit} ${currency}) ${left}; it begins anew at ${new Date(endsAt).toISOString()}.`;
}

function refusedRecord(
  counted: CountedCall,
  traceId: string | undefined,
  code: "quota_exceeded" | "quota_unavailable",
  reason: string,
  metadata: JsonObject,
): AuditRecord {
  return {
    ...callRecord(counted, traceId),
    reason,
    // Over a limit is not what policy denies.
    outcome: code === "quota_exceeded" ? "rate_limited" : "denied",
    metadata: { ...counted.subject.metadata, reason_code: code, ...metadata },
  };
}
