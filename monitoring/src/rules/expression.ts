import type { Condition } from "../domain/alert.ts";

/** The condition as PromQL. Sides of `and` have the same labels, or the guard has none. */
export function expressionOf({ value, is, threshold, guard, or }: Condition): string {
  const compared = `${value} ${is} ${threshold}`;
  const guarded =
    guard === undefined ? compared : `(${compared}) and on () (${guard.value} > ${guard.above})`;
  return or === undefined ? guarded : `(${guarded}) or ${or}`;
}
