import { setTimeout as wait } from "node:timers/promises";

/**
 * Does it again and again, so many at once, until it is told to stop. What fails before is thrown, as a fault of the incident;
 * what is cut off after that, with the database that it asked, is none.
 */
export function againAndAgain(
  doing: () => Promise<unknown>,
  atOnce: number,
  pauseMs: number,
): AbortController {
  const stopped = new AbortController();
  for (let line = 0; line < atOnce; line += 1) {
    void (async () => {
      while (!stopped.signal.aborted) {
        try {
          await doing();
        } catch (error) {
          if (!stopped.signal.aborted) {
            throw error;
          }
        }
        await wait(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    })();
  }
  return stopped;
}
