import { randomUUID } from "node:crypto";
import type { AuditRecord } from "@sark/audit";
import type { BudgetShown } from "../domain/quotas.ts";
import { BUDGET_WARNING } from "./own-event-types.ts";

/** The event that a share of a budget is used up. */
export function budgetWarning(budget: BudgetShown, level: number, currency: string): AuditRecord {
  const { kind, name, tenant, period, limit, used, reserved, stop, endsAt } = budget;
  const payer = name.length <= 256 ? name : `${name.slice(0, 255)}…`;
  return {
    event_type: BUDGET_WARNING,
    ...(kind === "user" ? { user_id: payer } : {}),
    ...(kind === "agent" ? { agent_id: payer } : {}),
    ...(kind === "tenant" ? { tenant_id: payer } : tenant === null ? {} : { tenant_id: tenant }),
    decision: "allow",
    reason: `${level} % of the ${period === "day" ? "daily" : "monthly"} budget of ${kind} "${payer}" are used (${limit} ${currency}).`,
    timestamp: Date.now() / 1000,
    gateway_request_id: randomUUID(),
    metadata: {
      level,
      budget: { period, limit, used, reserved, stop, ends_at: new Date(endsAt).toISOString() },
    },
  };
}
