import { startTimer } from "./long-timer.ts";

/** What ends a wait early, and whether it keeps the process alive. */
export interface WaitOptions {
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
  /** `false`: the process may end while this wait is all that is left to do. Default `true`. */
  readonly ref?: boolean;
}

/**
 * Resolves to `true` after `milliseconds`, or to `false` as soon as the signal is aborted. Never rejects, and leaves
 * neither a timer nor a listener behind. Any duration is kept: `Infinity` waits for the signal alone, and what is not
 * above 0 waits for the next turn of the event loop.
 */
export function wait(milliseconds: number, { signal, ref = true }: WaitOptions = {}): Promise<boolean> {
  if (signal?.aborted === true) {
    return Promise.resolve(false);
  }
  const { promise, resolve } = Promise.withResolvers<boolean>();
  function finish(inFull: boolean): void {
    stop();
    signal?.removeEventListener("abort", abort);
    resolve(inFull);
  }
  const abort = (): void => finish(false);

  const stop = startTimer(milliseconds, () => finish(true), ref);
  signal?.addEventListener("abort", abort);
  return promise;
}
