/** How many refused credentials of one source are looked at. */
export interface FailureLimits {
  /** Failures in a row; the next credential then has to wait. */
  readonly max: number;
  /** Time after which one failure is forgotten, in milliseconds. */
  readonly recoveryMs: number;
}

/** Failures of sources, each of which is forgotten with time. */
export interface FailureLimit {
  /** Seconds until another credential of this source is looked at; 0: at once. */
  retryAfter(source: string): number;
  failed(source: string): void;
}

/** Sources remembered at once; the one that failed longest ago is forgotten first. */
const MAX_SOURCES = 10_000;

interface Failures {
  count: number;
  at: number;
}

export function createFailureLimit(
  { max, recoveryMs }: FailureLimits,
  now: () => number = () => performance.now(),
): FailureLimit {
  const sources = new Map<string, Failures>();

  function countOf({ count, at }: Failures): number {
    return Math.max(0, count - (now() - at) / recoveryMs);
  }

  return {
    retryAfter(source) {
      const failures = sources.get(source);
      if (failures === undefined) {
        return 0;
      }
      const count = countOf(failures);
      if (count === 0) {
        sources.delete(source);
      }
      return count <= max - 1 ? 0 : Math.ceil(((count - (max - 1)) * recoveryMs) / 1_000);
    },
    failed(source) {
      const failures = sources.get(source);
      const count = failures === undefined ? 0 : countOf(failures);
      sources.delete(source);
      // What ran at once when the limit was reached costs no longer a wait than what came after it.
      sources.set(source, { count: Math.min(count + 1, max), at: now() });
      const [oldest] = sources.keys();
      if (sources.size > MAX_SOURCES && oldest !== undefined) {
        sources.delete(oldest);
      }
    },
  };
}
