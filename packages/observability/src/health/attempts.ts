import type { CheckResult, HealthCheck } from "./types.ts";

/** While an attempt hangs beyond its timeout, another one is made this often only: hung ones must not pile up. */
const RETRY_HUNG_MS = 30_000;

type Outcome = { readonly result: CheckResult } | { readonly error: unknown };

/** Calls a dependency's check such that it always ends, and in time. */
export interface Attempts {
  /** One attempt; ends after the timeout at the latest, whatever the check does. Never rejects. */
  make(): Promise<Outcome>;
  /** Aborts the attempt that runs. */
  abort(): void;
}

export function createAttempts(check: HealthCheck, timeoutMs: number, elapsed: () => number): Attempts {
  /** The newest attempt that has not settled: when it began, by `elapsed` and as it is shown. */
  let unsettled: { readonly since: number; readonly at: string } | undefined;
  let controller = new AbortController();

  function limited(): Promise<void | CheckResult> {
    const begun = { since: elapsed(), at: new Date().toISOString() };
    const aborter = (controller = new AbortController());
    unsettled = begun;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no response within ${timeoutMs} ms`));
        aborter.abort();
      }, timeoutMs);
      timer.unref();
      // In a promise of its own, so that a check that throws at once is a failure like any other.
      const response = new Promise<void | CheckResult>((settle) => settle(check.check(aborter.signal)));
      void response.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        if (unsettled === begun) {
          unsettled = undefined;
        }
      });
    });
  }

  return {
    async make() {
      if (unsettled !== undefined && elapsed() - unsettled.since < RETRY_HUNG_MS) {
        return { error: new Error(`still no response to the check of ${unsettled.at}`) };
      }
      try {
        return { result: (await limited()) ?? {} };
      } catch (error) {
        return { error };
      }
    },
    abort: () => controller.abort(),
  };
}
