import type { Queryable } from "../postgres/queryable.ts";
import { holdRows } from "./held-rows.ts";
import { stateOf } from "./totals.ts";
import type { Budget, BudgetState } from "./types.ts";

/** What was spent stays as it is: an adjustment stands beside it. Warnings are said anew from where it stands then. */
export async function adjustTotal(
  client: Queryable,
  budget: Budget,
  by: bigint | "reset",
): Promise<BudgetState> {
  const { payer, period } = budget;
  const { totals } = await holdRows(client, [], [{ payer, day: null }]);
  const total = totals.of(payer, period, totals.today);
  const adjusted = by === "reset" ? -total.spent : total.adjusted + by;
  await client.query(
    `UPDATE spending_totals SET adjusted = $4, warned = 0 WHERE payer = $1 AND period = $2 AND starts = $3`,
    [payer, period, total.starts, String(adjusted)],
  );
  return { ...stateOf(budget, total), adjusted };
}
