import { wait } from "./wait.ts";

/** Waiting that other code can end early. */
export interface WakeUp {
  /** Resolves after `milliseconds`, when `wake` is called, or when the signal is aborted. One caller at a time. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Ends the wait that is under way; without one, the next wait ends at once. */
  wake(): void;
}

/** Makes a wait that other code can end early, such as the pause of a poll loop. */
export function createWakeUp(): WakeUp {
  let awake = false;
  let end: (() => void) | undefined;
  return {
    async wait(milliseconds, signal) {
      if (awake || signal?.aborted === true) {
        awake = false;
        return;
      }
      const ending = new AbortController();
      end = () => ending.abort();
      // Not `AbortSignal.any`: the caller's signal may live as long as the process, and is waited with twice a second.
      signal?.addEventListener("abort", end);
      await wait(milliseconds, { signal: ending.signal });
      signal?.removeEventListener("abort", end);
      end = undefined;
    },
    wake() {
      awake = end === undefined;
      end?.();
    },
  };
}
