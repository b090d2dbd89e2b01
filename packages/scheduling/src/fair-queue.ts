import { AsyncResource } from "node:async_hooks";

/** Work that is begun in turns: each source gets one turn after the other, whatever the others bring. */
export interface FairQueue {
  /** Begins `work` when it is the source's turn, in the context of the caller. What it holds is free when it settles. */
  run<T>(source: string, work: () => T | Promise<T>): Promise<T>;
  /**
   * The same for work of which only the beginning takes time of this thread: it holds nothing once it has begun. Where it is the
   * source's turn at once, this returns, or throws, what `work` does.
   */
  begin<T>(source: string, work: () => T | Promise<T>): T | Promise<T>;
  /** Pieces of work that wait for their turn: of one source, or of all. */
  waiting(source?: string): number;
}

export interface FairQueueOptions {
  /** Pieces of work at once, of all sources. */
  readonly atOnce: number;
  /** Of one source. */
  readonly perSource: number;
  /** Work is begun for this long, in milliseconds; then the event loop gets to do other things. Default 5. */
  readonly sliceMs?: number;
  /** The clock, in milliseconds. */
  now?(): number;
}

/** For work of which only the beginning takes time: there may be any number of it. */
export const ONLY_TURNS = { atOnce: Number.POSITIVE_INFINITY, perSource: Number.POSITIVE_INFINITY };

interface Source {
  readonly name: string;
  readonly waiting: Fifo<() => void>;
  running: number;
}

/**
 * Bounds what runs at once and shares it among sources round robin, so that what one of them brings delays the
 * others by one piece of work each, and nothing else of the process by more than a slice.
 */
export function createFairQueue(options: FairQueueOptions): FairQueue {
  const { atOnce, perSource, now = () => performance.now() } = options;
  const slice = createSlice(options.sliceMs ?? 5, now);
  const sources = new Map<string, Source>();
  /** Those that have work waiting and may begin it, in the order of their turns. */
  const ready = new Set<Source>();
  let running = 0;
  let waiting = 0;
  let scheduled = false;

  function sourceOf(name: string): Source {
    let source = sources.get(name);
    if (source === undefined) {
      source = { name, waiting: createFifo(), running: 0 };
      sources.set(name, source);
    }
    return source;
  }

  async function begin<T>(source: Source, work: () => T | Promise<T>): Promise<T> {
    running += 1;
    source.running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      source.running -= 1;
      if (source.waiting.size() > 0) {
        ready.add(source);
      } else if (source.running === 0) {
        sources.delete(source.name);
      }
      schedule();
    }
  }

  function schedule(): void {
    if (scheduled || ready.size === 0 || running >= atOnce) {
      return;
    }
    scheduled = true;
    setImmediate(dispatch);
  }

  function dispatch(): void {
    scheduled = false;
    for (const source of ready) {
      if (running >= atOnce || slice.isSpent()) {
        break;
      }
      // The next turn is after those of all others.
      ready.delete(source);
      if (source.running >= perSource) {
        continue;
      }
      const next = source.waiting.take();
      if (next === undefined) {
        continue;
      }
      waiting -= 1;
      next();
      if (source.waiting.size() > 0 && source.running < perSource) {
        ready.add(source);
      }
    }
    schedule();
  }

  /** Whether the source may begin at once: none waits for its turn, and there is room. */
  function isFree(source: Source | undefined): boolean {
    return (
      ready.size === 0 &&
      (source?.waiting.size() ?? 0) === 0 &&
      running < atOnce &&
      (source?.running ?? 0) < perSource &&
      !slice.isSpent()
    );
  }

  function run<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    if (isFree(sources.get(name))) {
      return begin(sourceOf(name), work);
    }
    const source = sourceOf(name);
    // Not a bound function, which takes several times as long to make.
    const context = new AsyncResource("FairQueue");
    return new Promise((resolve, reject) => {
      waiting += 1;
      const start = (): void => void begin(source, work).then(resolve, reject);
      source.waiting.put(() => context.runInAsyncScope(start));
      if (source.running < perSource) {
        ready.add(source);
      }
      schedule();
    });
  }

  async function beginInTurn<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const begun: { result?: T | Promise<T> } = {};
    await run(name, () => {
      begun.result = work();
      if (begun.result instanceof Promise) {
        // Who waits for it below hears of its failure.
        begun.result.catch(() => {});
      }
    });
    return begun.result as T | Promise<T>;
  }

  return {
    run,
    // It holds nothing once it has begun, so nothing has to be counted.
    begin: (name, work) => (isFree(sources.get(name)) ? work() : beginInTurn(name, work)),
    waiting: (source) => (source === undefined ? waiting : (sources.get(source)?.waiting.size() ?? 0)),
  };
}

/** Tells when the work of this turn of the event loop has taken its time. */
function createSlice(ms: number, now: () => number): { isSpent(): boolean } {
  let since: number | null = null;
  return {
    isSpent() {
      if (since !== null) {
        return now() - since >= ms;
      }
      since = now();
      setImmediate(() => (since = null));
      return false;
    },
  };
}

interface Fifo<T> {
  put(item: T): void;
  take(): T | undefined;
  size(): number;
}

/** `Array.shift` moves all that is left, which takes long where much is left. */
function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let first = 0;
  return {
    put: (item) => void items.push(item),
    take() {
      const item = items[first];
      items[first] = undefined;
      first += 1;
      if (first >= items.length) {
        items = [];
        first = 0;
      }
      return item;
    },
    size: () => items.length - first,
  };
}
