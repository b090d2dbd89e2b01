import type { Principal } from "../../domain/principal.ts";

/** As many of one principal's as are in use at once, mostly. */
const MAX_PER_PRINCIPAL = 256;

/**
 * What takes a code to make, or to check, and is asked for with each call: kept with the principal, which authentication
 * hands out as one object for one credential, and forgotten with it.
 */
export interface KeptByPrincipal<T> {
  /** What is `null` is not kept. */
  of(principal: Principal, key: string, make: () => T): T;
}

export function keepByPrincipal<T extends {} | null>(max = MAX_PER_PRINCIPAL): KeptByPrincipal<T> {
  const kept = new WeakMap<Principal, Map<string, T>>();
  return {
    of(principal, key, make) {
      let entries = kept.get(principal);
      if (entries === undefined) {
        kept.set(principal, (entries = new Map()));
      }
      const found = entries.get(key);
      if (found !== undefined) {
        return found;
      }
      const made = make();
      if (made === null) {
        return made;
      }
      const [oldest] = entries.size >= max ? entries.keys() : [];
      if (oldest !== undefined) {
        entries.delete(oldest);
      }
      entries.set(key, made);
      return made;
    },
  };
}
