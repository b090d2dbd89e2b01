/** Refusals in a row, with nothing accepted in between, that are no longer the events' fault. */
export interface RefusalGuard {
  accepted(): void;
  /** Whether one more event may go into quarantine; `false` means that the receiver refuses everything. */
  mayRefuse(): boolean;
  /** An operator has it go on: it may refuse as many again. */
  resumed(): void;
  /** Refusals since something was accepted, or the destination was resumed. */
  readonly inRow: number;
}

/** For what is in quarantine already: refused again, it stays there. */
export const UNGUARDED: RefusalGuard = {
  accepted: () => undefined,
  mayRefuse: () => true,
  resumed: () => undefined,
  inRow: 0,
};

/**
 * A receiver that refuses everything must not drive a whole backlog into quarantine. `before`: refusals in a row of those
 * who delivered before; a restart must not grant it more.
 */
export function createRefusalGuard(maxInRow: number, before = 0): RefusalGuard {
  let inRow = before;
  return {
    get inRow() {
      return inRow;
    },
    accepted: () => void (inRow = 0),
    resumed: () => void (inRow = 0),
    mayRefuse() {
      if (inRow >= maxInRow) {
        return false;
      }
      inRow += 1;
      return true;
    },
  };
}
