/** Waits so long, or until the signal aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    // Longer waits than this a timer takes for none.
    const timer = setTimeout(end, Math.min(ms, 0x7fff_ffff));
    signal.addEventListener("abort", end);
  });
}

/** A random part of a wait that doubles with each failure in a row, so that senders that failed together do not come back together. */
export function retryWait(failures: number, baseMs: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** (failures - 1));
}
