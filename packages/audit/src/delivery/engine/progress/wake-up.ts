/** A pause that somebody can end. */
export interface WakeUp {
  /** Resolves after the time, when `wake` is called, or when the signal is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Ends the pause, or the next one when there is none. */
  wake(): void;
}

export function createWakeUp(): WakeUp {
  let awake = false;
  let end: (() => void) | undefined;
  return {
    async wait(ms, signal) {
      if (awake || signal?.aborted) {
        awake = false;
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      const finish = () => resolve();
      end = () => {
        awake = false;
        finish();
      };
      signal?.addEventListener("abort", finish);
      await promise;
      clearTimeout(timer);
      // The signal may live as long as the process, and is waited with twice a second.
      signal?.removeEventListener("abort", finish);
      end = undefined;
    },
    wake() {
      awake = true;
      end?.();
    },
  };
}
