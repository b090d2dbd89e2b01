/** Tells once that something is to end: the one who is told may come before or after that. */
export interface EndNotice {
  /** Called once, at once where it is to end already. Takes the place of the one before. */
  onEnd(listener: () => void): void;
  end(): void;
}

export function createEndNotice(): EndNotice {
  let ended = false;
  let told: (() => void) | null = null;
  return {
    onEnd(listener) {
      if (ended) {
        listener();
      } else {
        told = listener;
      }
    },
    end() {
      ended = true;
      told?.();
      told = null;
    },
  };
}
