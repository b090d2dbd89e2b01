import { UpstreamError, type UpstreamReport } from "../../domain/upstream.ts";
import { backoffMs, within } from "@sark/observability/waiting";

/** One of the ways in which a program is run: for each session, or one for all. */
export interface ProgramRun {
  /** Whether a process is at work. */
  readonly running: boolean;
  /** Why the last process that was started was of no use; `null` when it was not. */
  readonly failure: UpstreamError | null;
}

export interface ProgramCheckOptions {
  readonly runs: readonly ProgramRun[];
  /** Starts the program and asks it something. */
  start(anew: boolean): Promise<void>;
  /** Lets a few programs start at a time: many at once take long, and longest on a small machine. */
  inTurn(start: () => Promise<void>): Promise<void>;
  /** How long one check waits for a start. */
  readonly waitMs: number;
}

/** Between attempts to start a program that fails, doubled each time. */
const BACKOFF = { baseMs: 15_000, maxMs: 600_000, jitter: "none" } as const;

/**
 * Says how a program stands, by what is known of it. It is started for that once, to find out, and after a failure now
 * and then; callers start it as they need it. A start that takes its time is no failure.
 */
export function createProgramCheck(options: ProgramCheckOptions): () => Promise<UpstreamReport> {
  const { runs } = options;
  const madeGood = new WeakSet<UpstreamError>();
  let attempt: { readonly since: number; readonly result: Promise<UpstreamError | null> } | null = null;
  let worked = false;
  let starts = 0;
  let startedAt = 0;
  let notBefore = 0;

  /** A program that responds and ends soon after waits as long as one that does not respond at all. */
  function countStart(): void {
    const now = performance.now();
    const before = notBefore - startedAt;
    starts = now - startedAt > 2 * before ? 1 : starts + 1;
    startedAt = now;
    notBefore = now + backoffMs(starts, BACKOFF);
  }

  function begin(anew: boolean): NonNullable<typeof attempt> {
    countStart();
    const result = options
      .inTurn(() => options.start(anew))
      .then(() => null, toUpstreamError)
      .then((failure) => {
        attempt = null;
        worked = failure === null;
        if (failure === null) {
          for (const run of runs) {
            if (run.failure !== null) {
              madeGood.add(run.failure);
            }
          }
        }
        return failure;
      });
    return { since: performance.now(), result };
  }

  return async () => {
    if (attempt === null) {
      if (runs.some(({ running }) => running)) {
        return {};
      }
      const failure =
        runs.map((run) => run.failure).find((one) => one !== null && !madeGood.has(one)) ?? null;
      if (failure === null && worked) {
        return { message: "it is not running; a call starts it" };
      }
      if (failure !== null && performance.now() < notBefore) {
        throw described(failure);
      }
      attempt = begin(failure !== null);
    }
    const { since, result } = attempt;
    const failure = await within(options.waitMs, result, PENDING);
    if (failure === PENDING) {
      const seconds = Math.round((performance.now() - since) / 1_000);
      return { pending: true, message: `it is starting, for ${seconds} s so far` };
    }
    if (failure !== null) {
      throw described(failure);
    }
    return {};
  };
}

const PENDING = Symbol("pending");

/** With what lies behind it: the operator's view, not a caller's. */
function described(failure: UpstreamError): UpstreamError {
  const reasons: string[] = [];
  let current: unknown = failure;
  while (current instanceof Error && reasons.length < 3) {
    reasons.push(current.message);
    current = current.cause;
  }
  return new UpstreamError(failure.code, reasons.join("; "), { cause: failure.cause });
}

function toUpstreamError(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) {
    return error;
  }
  return new UpstreamError("upstream_unreachable", error instanceof Error ? error.message : String(error));
}
