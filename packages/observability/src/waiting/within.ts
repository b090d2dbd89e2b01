import { startTimer } from "./long-timer.ts";

/**
 * What the work comes to, or `late` when it takes longer than `milliseconds`. The work itself goes on then; when it
 * fails later, no unhandled rejection comes of it. Rejects as the work does.
 */
export async function within<T, L>(milliseconds: number, work: PromiseLike<T>, late: L): Promise<T | L> {
  const expiry = Promise.withResolvers<L>();
  // No signal: making one and ending it costs more than all else here, and calls wait with this.
  const stop = startTimer(milliseconds, () => expiry.resolve(late));
  try {
    return await Promise.race([work, expiry.promise]);
  } finally {
    stop();
  }
}
