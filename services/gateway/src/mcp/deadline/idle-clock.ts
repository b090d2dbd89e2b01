/** How long a server may keep a caller waiting. */
export interface Patience {
  /** Longest silence about a request, in milliseconds. */
  readonly silenceMs: number;
  /** `performance.now()` time at which it is over, whatever was said. */
  readonly endsAt: number;
  /** `performance.now()` time up to which silence is not the server's: it has asked the client something. */
  excusedUntil(): number;
}

/** Runs out when a server is silent for too long. */
export interface SilenceClock {
  /** The server has said something. */
  touch(): void;
  stop(): void;
}

/** `expired` is called once, unless it is stopped before. Does not keep the process alive. */
export function startSilenceClock(patience: Patience, expired: () => void): SilenceClock {
  let heardAt = performance.now();
  let timer = arm();
  let pending: NodeJS.Immediate | null = null;

  /** Touching costs nothing: whether it still was too long is looked at when it would have been. */
  function look(): void {
    if (!isOver()) {
      timer = arm();
    }
    // A process that stood still looks at its clocks before it reads what has arrived meanwhile: let it read.
    else {
      pending = setImmediate(() => (isOver() ? expired() : (timer = arm())));
    }
  }

  function isOver(): boolean {
    const now = performance.now();
    heardAt = Math.max(heardAt, Math.min(patience.excusedUntil(), now));
    return now >= patience.endsAt || now - heardAt >= patience.silenceMs;
  }

  function arm(): NodeJS.Timeout {
    const due = Math.min(heardAt + patience.silenceMs, patience.endsAt);
    return setTimeout(look, Math.max(Math.ceil(due - performance.now()), 1)).unref();
  }

  return {
    touch() {
      heardAt = performance.now();
    },
    stop() {
      clearTimeout(timer);
      if (pending !== null) {
        clearImmediate(pending);
      }
    },
  };
}
