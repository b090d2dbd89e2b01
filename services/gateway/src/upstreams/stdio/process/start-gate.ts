import { backoffMs } from "@sark/observability/waiting";
import { UpstreamError } from "../../../domain/upstream.ts";

/** Keeps a program that crashes as soon as it is started from being started again and again. */
export interface StartGate {
  /** Throws `upstream_unreachable` while the program has to wait; returns the time of this start. */
  pass(): number;
  /** The process that was started at that time is of no use. */
  failed(startedAt: number, reason: UpstreamError): void;
  succeeded(): void;
  /** Why the last start failed; `null` when it did not. */
  readonly failure: UpstreamError | null;
}

/** The wait is told to callers, so it is not scattered. */
const BACKOFF = { baseMs: 500, maxMs: 30_000, jitter: "none" } as const;

export function createStartGate(upstream: string): StartGate {
  let failures = 0;
  let failedAt = 0;
  let notBefore = 0;
  let last: UpstreamError | null = null;
  return {
    pass: () => {
      const now = performance.now();
      if (now < notBefore) {
        const wait = Math.ceil(notBefore - now);
        const message = `upstream "${upstream}" keeps crashing; it is started again in ${wait} ms`;
        throw new UpstreamError("upstream_unreachable", message, { cause: last });
      }
      return now;
    },
    failed: (startedAt, reason) => {
      last = reason;
      // Those that were started side by side fail for one reason, which counts once.
      if (startedAt < failedAt) {
        return;
      }
      failures += 1;
      failedAt = performance.now();
      // The first failure is forgiven: the next caller gets a new process at once.
      notBefore = failedAt + backoffMs(failures - 1, BACKOFF);
    },
    succeeded: () => {
      failures = 0;
      notBefore = 0;
      last = null;
    },
    get failure() {
      return last;
    },
  };
}
