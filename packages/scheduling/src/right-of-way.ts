/** Which work of several sources goes first on this thread, and at what it asks of others: short work before the pieces of long work. */
export interface RightOfWay {
  /** Short work of a source has begun; to be called when it has ended. Long work of other sources waits meanwhile, within bounds. */
  begin(source: string): () => void;
  /** Long work of a source, to be done in pieces. */
  longWork(source: string): LongWork;
}

/** Work that takes so long that it is done in pieces, with a turn before each. */
export interface LongWork {
  /**
   * Resolves when the next piece may be done: one piece of all long work in each turn of the event loop, sources in turn, and none while
   * short work of another source is under way, as far as this work has not waited for that long enough.
   */
  turn(): Promise<void>;
  /** Whether other sources had short work a moment ago, so that small pieces are better than few. */
  readonly hasNeighbours: boolean;
}

export interface RightOfWayOptions {
  /** Long work waits for the short work of others for this long, in all its turns together, in milliseconds. */
  readonly maxWaitMs: number;
  /** What has been under way for longer is not short, whatever it was taken for, in milliseconds. */
  readonly shortMs: number;
  /** The clock, in milliseconds. */
  now?(): number;
}

/** Others that had short work within this time will have more. */
const NEIGHBOURS_MS = 1_000;

interface Waiter {
  /** Until when it waits for the short work of others. */
  readonly until: number;
  /** Whether it had to wait for that. */
  wasHeld: boolean;
  go(): void;
}

export function createRightOfWay(options: RightOfWayOptions): RightOfWay {
  const { maxWaitMs, shortMs, now = () => performance.now() } = options;
  const short = createShortWork(shortMs);
  /** Sources in the order of their turns. */
  const waiting = new Map<string, Waiter[]>();
  let isScheduled = false;
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (!isScheduled && waiting.size > 0) {
      isScheduled = true;
      setImmediate(next);
    }
  }

  /** Lets one piece go, if any may. */
  function next(): void {
    isScheduled = false;
    const at = now();
    for (const [source, waiters] of waiting) {
      const isHeld = short.isOfOthers(source, at);
      waiters.forEach((waiter) => (waiter.wasHeld ||= isHeld));
      const first = waiters.findIndex(({ until }) => !isHeld || until <= at);
      const [waiter] = first === -1 ? [] : waiters.splice(first, 1);
      if (waiter === undefined) {
        continue;
      }
      waiting.delete(source);
      if (waiters.length > 0) {
        // Its next turn is after those of all others.
        waiting.set(source, waiters);
      }
      waiter.go();
      schedule();
      return;
    }
    lookAgain(at);
  }

  /** None may go before short work ends, or stops to count, or a wait is over. */
  function lookAgain(at: number): void {
    clearTimeout(timer);
    if (waiting.size === 0) {
      return;
    }
    let waitMs = shortMs;
    for (const waiters of waiting.values()) {
      waitMs = waiters.reduce((least, { until }) => Math.min(least, until - at), waitMs);
    }
    timer = setTimeout(schedule, Math.max(1, waitMs));
  }

  /** Resolves to whether it had to wait for short work. */
  function wait(source: string, until: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiters = waiting.get(source);
      const waiter: Waiter = { until, wasHeld: false, go: () => resolve(waiter.wasHeld) };
      if (waiters === undefined) {
        waiting.set(source, [waiter]);
      } else {
        waiters.push(waiter);
      }
      schedule();
    });
  }

  return {
    begin(source) {
      const end = short.begin(source, now());
      return () => {
        end();
        schedule();
      };
    },
    longWork(source) {
      let left = maxWaitMs;
      return {
        async turn() {
          const since = now();
          const wasHeld = await wait(source, since + left);
          left -= wasHeld ? Math.min(left, now() - since) : 0;
        },
        get hasNeighbours() {
          return short.wasOfOthers(source, now() - NEIGHBOURS_MS);
        },
      };
    },
  };
}

interface Begun {
  readonly source: string;
  readonly at: number;
}

/** Short work that is under way, by sources. */
function createShortWork(shortMs: number) {
  const underWay = new Map<string, Set<{ readonly since: number }>>();
  /** The two sources that began something last. */
  let last: Begun | null = null;
  let lastOther: Begun | null = null;

  function remove(source: string, pieces: Set<{ readonly since: number }>, piece: { since: number }): void {
    pieces.delete(piece);
    if (pieces.size === 0 && underWay.get(source) === pieces) {
      underWay.delete(source);
    }
  }

  return {
    begin(source: string, since: number): () => void {
      lastOther = last === null || last.source === source ? lastOther : last;
      last = { source, at: since };
      let pieces = underWay.get(source);
      if (pieces === undefined) {
        underWay.set(source, (pieces = new Set()));
      }
      const piece = { since };
      const all = pieces.add(piece);
      return () => remove(source, all, piece);
    },
    isOfOthers(source: string, at: number): boolean {
      for (const [other, pieces] of underWay) {
        if (other === source) {
          continue;
        }
        // The oldest are first. What has stopped to be short is looked at once.
        for (const piece of pieces) {
          if (at - piece.since < shortMs) {
            return true;
          }
          remove(other, pieces, piece);
        }
      }
      return false;
    },
    wasOfOthers(source: string, since: number): boolean {
      const other = last?.source === source ? lastOther : last;
      return other !== null && other.at >= since;
    },
  };
}
