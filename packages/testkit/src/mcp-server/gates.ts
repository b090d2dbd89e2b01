import { EventEmitter, once } from "node:events";

/** Named turnstiles: a tool waits at one, a test lets it through. Counts, so that a release may come first. */
export interface Gates {
  /** Resolves once per `release(name)`; rejects when the signal fires. */
  pass(name: string, signal: AbortSignal): Promise<void>;
  release(name: string): void;
}

export function createGates(): Gates {
  const permits = new Map<string, number>();
  const released = new EventEmitter().setMaxListeners(0);
  const take = (name: string) => {
    const left = permits.get(name) ?? 0;
    if (left > 0) {
      permits.set(name, left - 1);
    }
    return left > 0;
  };
  return {
    async pass(name, signal) {
      while (!take(name)) {
        await once(released, name, { signal });
      }
    },
    release(name) {
      permits.set(name, (permits.get(name) ?? 0) + 1);
      released.emit(name);
    },
  };
}
