import type { Queryable } from "../postgres/queryable.ts";
import type { Budget, BudgetState } from "./types.ts";

/** In the order of the budgets; those of which nothing is known are untouched. */
export async function readTotals(
  client: Queryable,
  budgets: readonly Budget[],
): Promise<readonly BudgetState[]> {
  const { rows } = await client.query<{
    place: string;
    starts: string;
    spent: string;
    reserved: string;
    adjusted: string;
  }>(
    `SELECT place, date_trunc(asked.period, now() AT TIME ZONE 'UTC')::date::text AS starts,
            coalesce(spent, 0) AS spent, coalesce(reserved, 0) AS reserved, coalesce(adjusted, 0) AS adjusted
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (payer, period, place)
     LEFT JOIN spending_totals AS total ON total.payer = asked.payer AND total.period = asked.period
       AND total.starts = date_trunc(asked.period, now() AT TIME ZONE 'UTC')::date
     ORDER BY place`,
    [budgets.map(({ payer }) => payer), budgets.map(({ period }) => period)],
  );
  return rows.flatMap(({ starts, spent, reserved, adjusted }, at) => {
    const budget = budgets[at];
    return budget === undefined
      ? []
      : [{ budget, starts, spent: BigInt(spent), reserved: BigInt(reserved), adjusted: BigInt(adjusted) }];
  });
}
