import type { Principal } from "../../domain/principal.ts";

/** As many of one principal's as are in use at once, mostly. */
const MAX_PER_PRINCIPAL = 256;

/**
 * Names that take a code to make, and are asked for with each call: kept with the principal, which authentication hands
 * out as one object for one credential, and forgotten with it.
 */
export interface KeptNames {
  of(principal: Principal, key: string, make: () => string): string;
}

export function keepNames(max = MAX_PER_PRINCIPAL): KeptNames {
  const kept = new WeakMap<Principal, Map<string, string>>();
  return {
    of(principal, key, make) {
      let names = kept.get(principal);
      if (names === undefined) {
        kept.set(principal, (names = new Map()));
      }
      const found = names.get(key);
      if (found !== undefined) {
        return found;
      }
      const [oldest] = names.size >= max ? names.keys() : [];
      if (oldest !== undefined) {
        names.delete(oldest);
      }
      const name = make();
      names.set(key, name);
      return name;
    },
  };
}
