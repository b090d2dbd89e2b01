import { redactRecord } from "../logging/redact-record.ts";
import { createAttempts } from "./attempts.ts";
import { createDamping } from "./damping.ts";
import { failureMessage } from "./failure-message.ts";
import type { CheckResult, ComponentReport, HealthCheck, HealthStatus } from "./types.ts";

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

export function createCheckRunner(check: HealthCheck, minIntervalMs: number, now: () => number): CheckRunner {
  const { name, component, required, timeoutMs = 900, intervalMs = 5000 } = check;
  const maxStaleMs = check.maxStaleMs ?? 3 * (intervalMs + timeoutMs);
  const damping = createDamping();
  const attempts = createAttempts(check, timeoutMs, now);
  let running: Promise<void> | undefined;
  let checkedAt: number | undefined;
  let status: HealthStatus = "unknown";
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
    checkedAt = now();
    const at = new Date(checkedAt).toISOString();
    status = damping.record("result" in outcome);
    last = {
      ...last,
      latency_ms: Math.round((performance.now() - started) * 10) / 10,
      last_checked: at,
      ...("result" in outcome ? success(outcome.result, at) : failure(outcome.error, at)),
    };
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
      message: null,
      details: null,
    };
  }

  const age = () => (checkedAt === undefined ? Infinity : now() - checkedAt);
  const nextIn = () => (damping.unsettled() ? Math.min(minIntervalMs, intervalMs) : intervalMs);
  return {
    refresh() {
      if (running !== undefined) return running;
      if (age() < minIntervalMs) return Promise.resolve();
      running = run().finally(() => (running = undefined));
      return running;
    },
    due: () => age() > nextIn(),
    nextIn,
    report: () => ({
      name,
      component,
      required,
      status: age() > maxStaleMs ? "unknown" : status,
      ...last,
      details: withKnown(check, last.details),
    }),
    abort: attempts.abort,
  };
}

/** What fails here must not take the report of the others with it. */
function withKnown(check: HealthCheck, details: ComponentReport["details"]): ComponentReport["details"] {
  try {
    return check.known === undefined ? details : { ...details, ...redactRecord(check.known()) };
  } catch {
    return details;
  }
}
