import { wait } from "./wait.ts";

/**
 * What the work comes to, or `late` when it takes longer than `milliseconds`. The work itself goes on then; when it
 * fails later, no unhandled rejection comes of it. Rejects as the work does.
 */
export async function within<T, L>(milliseconds: number, work: PromiseLike<T>, late: L): Promise<T | L> {
  const done = new AbortController();
  try {
    return await Promise.race([work, wait(milliseconds, { signal: done.signal }).then(() => late)]);
  } finally {
    done.abort();
  }
}
