/** Refusals in a row, with nothing accepted in between, that are no longer the events' fault. */
export interface RefusalGuard {
  accepted(): void;
  /** Whether one more event may be set aside; `false` means that the receiver refuses everything. */
  mayRefuse(): boolean;
}

/** A receiver that refuses everything must not drive a whole backlog into quarantine. */
export function createRefusalGuard(maxInRow: number): RefusalGuard {
  let inRow = 0;
  return {
    accepted: () => void (inRow = 0),
    mayRefuse() {
      if (inRow >= maxInRow) return false;
      inRow += 1;
      return true;
    },
  };
}
