import { principalKey, type Principal } from "../../domain/principal.ts";

/** Counts the streams that each caller holds open. */
export interface StreamCounter {
  /** Lets go again when called; `null` when the caller has as many as allowed. */
  take(principal: Principal): (() => void) | null;
}

export function createStreamCounter(max: number): StreamCounter {
  const open = new Map<string, number>();
  return {
    take(principal) {
      const key = principalKey(principal);
      const count = open.get(key) ?? 0;
      if (count >= max) return null;
      open.set(key, count + 1);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        const left = (open.get(key) ?? 1) - 1;
        if (left === 0) open.delete(key);
        else open.set(key, left);
      };
    },
  };
}
