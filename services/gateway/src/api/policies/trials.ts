import {
  PolicyCandidateError,
  type OpenedPolicySet,
  type PolicyCandidate,
  type PolicyWorkbench,
} from "../../domain/policy-sets.ts";
import { HttpError } from "../../transport/errors.ts";

/** Sets that may be tried at once: each has a thread, and memory of its own. */
const AT_ONCE = 2;
const RETRY_SECONDS = "2";

/** What a set that is tried is used for, within a time limit, and only as long as the client waits for it. */
type Try = <T>(
  candidate: PolicyCandidate,
  limits: { readonly clientLeft: AbortSignal; readonly timeoutMs: number },
  use: (set: OpenedPolicySet) => Promise<T>,
) => Promise<T>;

export interface Trials {
  readonly attempt: Try;
  /** Throws an `HttpError` where this engine cannot try it. */
  revisionOf(candidate: PolicyCandidate): string | null;
}

export function createTrials(workbench: PolicyWorkbench): Trials {
  let running = 0;
  const attempt: Try = async (candidate, { clientLeft, timeoutMs }, use) => {
    if (running >= AT_ONCE) {
      throw busy("Other policy sets are being tried on this replica; try again.");
    }
    running += 1;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([clientLeft, deadline]);
    try {
      const set = await workbench.open(candidate, signal);
      try {
        return await unlessAborted(signal, use(set));
      } finally {
        await set.close();
      }
    } catch (error) {
      throw deadline.aborted && !clientLeft.aborted
        ? new HttpError(
            "policy_trial_timeout",
            `The policies could not be tried within ${timeoutMs / 1_000} s.`,
            { cause: error },
          )
        : toHttpError(error);
    } finally {
      running -= 1;
    }
  };
  return {
    attempt,
    revisionOf(candidate) {
      try {
        return workbench.revisionOf(candidate);
      } catch (error) {
        throw toHttpError(error);
      }
    },
  };
}

/** What it reads of the log meanwhile ends by the time limit of queries: no other trial waits for it. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {});
  }
}

export function busy(message: string): HttpError {
  return new HttpError("policy_trial_busy", message, { headers: { "retry-after": RETRY_SECONDS } });
}

/** What a candidate is at fault with, as its sender is told. */
function toHttpError(error: unknown): unknown {
  if (!(error instanceof PolicyCandidateError)) {
    return error;
  }
  const { kind, message } = error;
  switch (kind) {
    case "invalid":
      return new HttpError("invalid_request", `files: ${message}`, { field: "files", cause: error });
    case "unsupported":
      return new HttpError("policy_trial_unsupported", message, { cause: error });
    case "unavailable":
      return new HttpError("policy_trial_unavailable", message, { cause: error });
  }
}
