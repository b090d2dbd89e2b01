import type { AuditRecord } from "@sark/audit";
import type { BudgetShown } from "../domain/quotas.ts";
import { BUDGET_WARNING } from "./own-event-types.ts";

/** The event that a share of a budget is used up. By the id of the warning it is known that there is one. */
export function budgetWarning(
  { id, budget, level }: { readonly id: string; readonly budget: BudgetShown; readonly level: number },
  currency: string,
): AuditRecord {
  const { kind, name, tenant, period, limit, used, reserved, stop, endsAt } = budget;
  return {
    event_type: BUDGET_WARNING,
    ...(kind === "user" ? { user_id: name } : {}),
    ...(kind === "agent" ? { agent_id: name } : {}),
    ...(kind === "tenant" ? { tenant_id: name } : tenant === null ? {} : { tenant_id: tenant }),
    decision: "allow",
    reason: `${level} % of the ${period === "day" ? "daily" : "monthly"} budget of ${kind} "${name}" are used (${limit} ${currency}).`,
    timestamp: Date.now() / 1000,
    gateway_request_id: id,
    metadata: {
      level,
      budget: { period, limit, used, reserved, stop, ends_at: new Date(endsAt).toISOString() },
    },
  };
}
