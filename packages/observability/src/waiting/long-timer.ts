/** The longest that one timer of Node can run; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back after `milliseconds`, unless the function that it returns was called before. Any duration is kept, `Infinity`,
 * too. With `ref: false` the process may end while this is all that is left to do.
 */
export function startTimer(milliseconds: number, callback: () => void, ref = true): () => void {
  let left = milliseconds;
  let timer: NodeJS.Timeout | undefined;

  function run(): void {
    const next = Math.min(left, LONGEST_TIMER_MS);
    timer = setTimeout(() => {
      left -= next;
      if (left > 0) {
        run();
      } else {
        callback();
      }
    }, next);
    if (!ref) {
      timer.unref();
    }
  }

  run();
  return () => clearTimeout(timer);
}
