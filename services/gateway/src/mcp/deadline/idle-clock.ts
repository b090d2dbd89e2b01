/** How long a server may keep a caller waiting. */
export interface TimeLimits {
  /** Longest silence about a request, in milliseconds. */
  readonly idleMs: number;
  /** `performance.now()` time at which it is over, whatever was said. */
  readonly endsAt: number;
  /** `performance.now()` time up to which silence is not the server's: it has asked the client something. */
  excusedUntil(): number;
}

/** Runs out when a server is silent for too long. */
export interface IdleClock {
  /** The server has said something. */
  touch(): void;
  stop(): void;
}

/** `expired` is called once, unless it is stopped before. Does not keep the process alive. */
export function startIdleClock(timeLimits: TimeLimits, expired: () => void): IdleClock {
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
    heardAt = Math.max(heardAt, Math.min(timeLimits.excusedUntil(), now));
    return now >= timeLimits.endsAt || now - heardAt >= timeLimits.idleMs;
  }

  function arm(): NodeJS.Timeout {
    const due = Math.min(heardAt + timeLimits.idleMs, timeLimits.endsAt);
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
