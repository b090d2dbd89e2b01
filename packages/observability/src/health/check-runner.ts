import { redactRecord } from "../logging/redact-record.ts";
import { createAttempts } from "./attempts.ts";
import { createDamping } from "./damping.ts";
import { failureMessage } from "./failure-message.ts";
import type { CheckResult, ComponentReport, HealthCheck, HealthObserver, HealthStatus } from "./types.ts";

export interface CheckRunner {
  /** Runs the check unless it is running, or ran less than `minIntervalMs` ago. Never rejects. */
  refresh(): Promise<void>;
  /** Whether a probe should ask for a new result. */
  due(): boolean;
  /** When the background should ask again, in milliseconds from now. */
  nextIn(): number;
  report(): ComponentReport;
  abort(): void;
}

/** @param elapsed milliseconds by a clock that is never set: else a check would not run again until the old time is reached */
export function createCheckRunner(
  check: HealthCheck,
  minIntervalMs: number,
  elapsed: () => number,
  observer?: HealthObserver,
): CheckRunner {
  const { name, component, required, timeoutMs = 900, intervalMs = 5000 } = check;
  const maxStaleMs = check.maxStaleMs ?? 3 * (intervalMs + timeoutMs);
  const damping = createDamping();
  const attempts = createAttempts(check, timeoutMs, elapsed);
  let running: Promise<void> | undefined;
  let checkedAt: number | undefined;
  let status: HealthStatus = "unknown";
  let pending = false;
  let last: Omit<ComponentReport, "name" | "component" | "required" | "status"> = {
    latency_ms: null,
    last_checked: null,
    last_success: null,
    last_failure: null,
    last_failure_message: null,
    consecutive_failures: 0,
    message: null,
    details: null,
  };

  async function run(): Promise<void> {
    const started = performance.now();
    const outcome = await attempts.make();
    const from = status;
    checkedAt = elapsed();
    const at = new Date().toISOString();
    pending = "result" in outcome && outcome.result.pending === true;
    if (!pending) {
      const damped = damping.record("result" in outcome);
      const isDegraded = "result" in outcome && outcome.result.degraded === true;
      status = isDegraded && damped === "ok" ? "degraded" : damped;
    }
    last = {
      ...last,
      latency_ms: Math.round((performance.now() - started) * 10) / 10,
      last_checked: at,
      ...("result" in outcome ? success(outcome.result, at) : failure(outcome.error, at)),
      ...(pending && { last_success: last.last_success, consecutive_failures: last.consecutive_failures }),
    };
    if (status !== from) {
      const error = "error" in outcome ? outcome.error : null;
      observer?.statusChanged({ name, required, from, to: status, error });
    }
  }
  function success({ message, details }: CheckResult, at: string) {
    return {
      last_success: at,
      consecutive_failures: 0,
      message: message === undefined ? null : failureMessage(message),
      details: details === undefined ? null : redactRecord(details),
    };
  }
  function failure(error: unknown, at: string) {
    return {
      last_failure: at,
      last_failure_message: failureMessage(error),
      consecutive_failures: last.consecutive_failures + 1,
      message: failureMessage(error),
      details: null,
    };
  }

  const age = () => (checkedAt === undefined ? Infinity : elapsed() - checkedAt);
  const nextIn = () => (pending || damping.unsettled() ? Math.min(minIntervalMs, intervalMs) : intervalMs);
  return {
    refresh() {
      if (running !== undefined) {
        return running;
      }
      if (age() < minIntervalMs) {
        return Promise.resolve();
      }
      running = run().finally(() => (running = undefined));
      return running;
    },
    due: () => age() > nextIn(),
    nextIn,
    report: () => {
      const shown = age() > maxStaleMs ? "unknown" : status;
      const message = last.message ?? (shown === "ok" ? null : reasonOf(shown, last));
      return {
        name,
        component,
        required,
        status: shown,
        ...last,
        message,
        details: withKnown(check, last.details),
      };
    },
    abort: attempts.abort,
  };
}

/** Why a component is not well that says nothing itself. */
function reasonOf(
  status: HealthStatus,
  last: Pick<ComponentReport, "last_checked" | "last_failure_message">,
): string {
  if (last.last_checked === null) {
    return "not checked yet";
  }
  if (status === "unknown") {
    return `no result since ${last.last_checked}`;
  }
  // One success does not make it well again.
  return `works again, is asked once more; before: ${last.last_failure_message}`;
}

/** What fails here must not take the report of the others with it. */
function withKnown(check: HealthCheck, details: ComponentReport["details"]): ComponentReport["details"] {
  try {
    return check.known === undefined ? details : { ...details, ...redactRecord(check.known()) };
  } catch {
    return details;
  }
}
