import { isRawNumber } from "./raw-number.ts";

/** Readers walk down what is nested, and their stacks end somewhere: one such value would spoil every page it is on. */
const MAX_READABLE_DEPTH = 500;

/** Whether objects and lists stand within each other no deeper than this; looks no further than that. */
export function isShallow(value: unknown, levels = MAX_READABLE_DEPTH): boolean {
  if (typeof value !== "object" || value === null || isRawNumber(value)) {
    return true;
  }
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1));
}
