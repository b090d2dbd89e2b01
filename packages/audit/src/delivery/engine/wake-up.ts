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
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        const finish = () => {
          clearTimeout(timer);
          resolve();
        };
        end = () => {
          awake = false;
          finish();
        };
        signal?.addEventListener("abort", finish, { once: true });
      });
      end = undefined;
    },
    wake() {
      awake = true;
      end?.();
    },
  };
}
