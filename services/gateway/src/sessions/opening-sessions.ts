import { principalKey } from "@sark/authentication";
import type { Principal } from "../domain/principal.ts";

/** Sessions that are being opened: they take room before they are there. */
export interface OpeningSessions {
  /** Of all principals. */
  readonly size: number;
  of(principal: Principal): number;
  /** One more, until what it returns is called for the first time. */
  begin(principal: Principal): () => void;
}

export function createOpeningSessions(): OpeningSessions {
  const byPrincipal = new Map<string, number>();
  let size = 0;

  function add(key: string, more: 1 | -1): void {
    const count = (byPrincipal.get(key) ?? 0) + more;
    size += more;
    if (count === 0) {
      byPrincipal.delete(key);
    } else {
      byPrincipal.set(key, count);
    }
  }

  return {
    get size() {
      return size;
    },
    of: (principal) => byPrincipal.get(principalKey(principal)) ?? 0,
    begin(principal) {
      const key = principalKey(principal);
      let isOpening = true;
      add(key, 1);
      return () => {
        if (isOpening) {
          isOpening = false;
          add(key, -1);
        }
      };
    },
  };
}
