import type { AuditLog, AuditRecord } from "@sark/audit";
import { whenReady, type Awaitable } from "../domain/awaitable.ts";
import type { CallResult, Refusal } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { Allowance, BudgetShown, Quotas } from "../domain/quotas.ts";
import { callRecord, shortened, type CountedCall } from "./limited-record.ts";
import type { RateLimitStage } from "./rate-limit-stage.ts";
import { createRefusalRecords } from "./refusal-records.ts";

/** The stage after policy and before the intent: a call whose price does not fit the budgets ends here. */
export interface QuotaStage {
  /** What may be spent, or why the call is refused. Never rejects. */
  reserve(counted: CountedCall, traceId: string | undefined): Awaitable<Granted | Refusal>;
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

  function granted(
    allowance: Allowance,
    counted: CountedCall,
    traceId: string | undefined,
  ): Awaitable<Granted | Refusal> {
    switch (allowance.kind) {
      case "free":
        return FREE;
      case "allowed":
        return { allowed: true, ...allowance };
      case "exceeded":
        return exceeded(allowance, counted, traceId);
      case "unavailable":
        return unavailable(counted, traceId);
    }
  }

  async function exceeded(
    { budget, currency }: Extract<Allowance, { kind: "exceeded" }>,
    counted: CountedCall,
    traceId: string | undefined,
  ): Promise<Refusal> {
    const reason = exceededReason(budget, currency);
    const record = () => refusedRecord(counted, traceId, "quota_exceeded", reason, { budget: { ...budget } });
    const audit = await records.refused(counted.caller, `${budget.kind} ${budget.period}`, record);
    const retryAfterSeconds = Math.max(1, Math.ceil((budget.endsAt - Date.now()) / 1_000));
    return { allowed: false, audit, code: "quota_exceeded", reason, retryAfterSeconds };
  }

  async function unavailable(counted: CountedCall, traceId: string | undefined): Promise<Refusal> {
    const record = () => refusedRecord(counted, traceId, "quota_unavailable", UNAVAILABLE, {});
    const audit = await records.refused(counted.caller, "unavailable", record);
    return { allowed: false, audit, code: "quota_unavailable", reason: UNAVAILABLE };
  }

  return {
    reserve(counted, traceId) {
      const { server, tool } = counted.subject;
      if (server === null || tool === null) {
        return FREE;
      }
      // Each would be a reservation that is released at once, of as many calls as are sent.
      return whenReady(
        deps.rateLimits?.reached("common", counted, traceId) ?? null,
        (limited) =>
          limited ??
          whenReady(quotas.reserve({ principal: counted.principal, server, tool }), (allowance) =>
            granted(allowance, counted, traceId),
          ),
      );
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
