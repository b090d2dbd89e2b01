import type { Comparison, Condition } from "../domain/alert.ts";

/** The condition as PromQL. Sides of `and` have the same labels, or the guard has none. */
export function expressionOf({ guard, or, and, ...own }: Condition): string {
  const held = and === undefined ? compared(own) : `(${compared(own)}) and (${compared(and)})`;
  const guarded = guard === undefined ? held : `(${held}) and on () (${guard.value} > ${guard.above})`;
  return or === undefined ? guarded : `(${guarded}) or ${or}`;
}

function compared({ value, is, threshold }: Comparison): string {
  return `${value} ${is} ${threshold}`;
}
