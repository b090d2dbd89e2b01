import type { Principal } from "../../domain/principal.ts";
import { sourceOf } from "../../domain/source.ts";

/** Counts what each caller has open: streams, or calls. */
export interface CallerCounter {
  /** Takes so many, and lets go of them when the result is called; `null` when the caller would have too many. */
  take(principal: Principal, count?: number): (() => void) | null;
}

export function createCallerCounter(max: number): CallerCounter {
  const open = new Map<string, number>();
  return {
    take(principal, count = 1) {
      const caller = sourceOf(principal);
      const taken = (open.get(caller) ?? 0) + count;
      if (taken > max) {
        return null;
      }
      open.set(caller, taken);
      let released = false;
      return () => {
        if (released) {
          return;
        }
        released = true;
        const left = (open.get(caller) ?? count) - count;
        if (left <= 0) {
          open.delete(caller);
        } else {
          open.set(caller, left);
        }
      };
    },
  };
}
