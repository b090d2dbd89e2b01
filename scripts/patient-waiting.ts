import { vi } from "vitest";

// How long a condition may take is no property of the code under test: a busy machine must not fail a test that waits.
const TIMEOUT_MS = 240_000;
/** At first, and an eighth of the time so far later on, up to the longest: who asks too often takes the processor from what it waits for. */
const INTERVAL_MS = 20;
const LONGEST_MS = 250;

interface Waiting {
  readonly timeout?: number;
  readonly interval?: number;
}

const { waitFor, waitUntil } = vi;
// Files that share a worker come here each.
if (!("patient" in waitFor)) {
  const patiently: typeof vi.waitFor = (callback, options) => {
    const waiting = patient(waitingOf(options));
    // What a test asks for more often than usual may be over soon.
    const asked = waiting.interval < INTERVAL_MS ? callback : rarer(callback, waiting.interval);
    return waitFor(asked, waiting);
  };
  vi.waitFor = Object.assign(patiently, { patient: true });
  vi.waitUntil = (callback, options) => waitUntil(callback, patient(waitingOf(options)));
}

function waitingOf(options: number | Waiting | undefined): Waiting {
  return typeof options === "number" ? { timeout: options } : (options ?? {});
}

/** A time of the test's own counts where it is longer: what does not come ends by that of the test. */
function patient({ timeout = 0, interval = INTERVAL_MS }: Waiting) {
  return { timeout: Math.max(TIMEOUT_MS, timeout), interval };
}

/** Asks at fewer and fewer of the intervals; at the others it fails as it did before. Counts them: clocks may be faked. */
function rarer<T>(callback: () => T, interval: number): () => T {
  let intervals = 0;
  let askedAgainAt = 0;
  let failure: unknown;
  return () => {
    const now = intervals;
    intervals += 1;
    if (now < askedAgainAt) {
      throw failure;
    }
    askedAgainAt = now + Math.min(Math.max(1, now / 8), LONGEST_MS / interval);
    try {
      const result = callback();
      if (!(result instanceof Promise)) {
        return result;
      }
      return result.catch((error: unknown) => {
        failure = error;
        throw error;
      }) as T;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
}
