import type { PolicyEntry } from "../../domain/policy-sets.ts";
import type { PolicySet } from "../cedar/policy-set.ts";

export function entriesOf({ policies }: Pick<PolicySet, "policies">): PolicyEntry[] {
  return [...policies.values()].map(({ id, file, line, reason }) => ({ id, file, line, reason }));
}
