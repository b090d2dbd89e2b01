import { redactRecord } from "../logging/redact-record.ts";
import { createDamping } from "./damping.ts";
import { failureMessage } from "./failure-message.ts";
import type { CheckResult, ComponentReport, HealthCheck, HealthStatus } from "./types.ts";

/** While an attempt hangs beyond its timeout, another one is made this often only: hung ones must not pile up. */
const RETRY_HUNG_MS = 30_000;

export interface CheckRunner {
  readonly check: HealthCheck;
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
  let status: HealthStatus = "unknown";
  let running: Promise<void> | undefined;
  let hungSince: number | undefined;
  let controller: AbortController | undefined;
  let checkedAt: number | undefined;
  let latency: number | null = null;
  let succeededAt: number | null = null;
  let failedAt: number | null = null;
  let failure: string | null = null;
  let failures = 0;
  let result: CheckResult = {};

  async function attempt(): Promise<void> {
    const started = performance.now();
    try {
      result = (await limited()) ?? {};
      succeededAt = now();
      failures = 0;
      status = damping.record(true);
    } catch (error) {
      result = {};
      failure = failureMessage(error);
      failedAt = now();
      failures++;
      status = damping.record(false);
    }
    latency = Math.round((performance.now() - started) * 10) / 10;
    checkedAt = now();
  }

  /** The check's answer or, at the latest after `timeoutMs`, a rejection; its signal is aborted then. */
  function limited(): Promise<void | CheckResult> {
    const startedAt = now();
    if (hungSince !== undefined && startedAt - hungSince < RETRY_HUNG_MS) {
      return Promise.reject(
        new Error(`still no answer to the check of ${new Date(hungSince).toISOString()}`),
      );
    }
    const aborter = (controller = new AbortController());
    return new Promise((resolve, reject) => {
      hungSince = startedAt;
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs} ms`));
        aborter.abort();
      }, timeoutMs);
      const settled = () => {
        clearTimeout(timer);
        if (hungSince === startedAt) hungSince = undefined;
      };
      // In a promise of its own, so that a check that throws at once is a failure like any other.
      new Promise<void | CheckResult>((answer) => answer(check.check(aborter.signal))).then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error);
        },
      );
    });
  }

  const age = () => (checkedAt === undefined ? Infinity : now() - checkedAt);
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

  return {
    check,
    refresh() {
      if (running !== undefined) return running;
      if (age() < minIntervalMs) return Promise.resolve();
      running = attempt().finally(() => (running = undefined));
      return running;
    },
    due: () => age() > intervalMs,
    nextIn: () => (damping.unsettled() ? Math.min(minIntervalMs, intervalMs) : intervalMs),
    report: () => ({
      name,
      component,
      required,
      status: age() > maxStaleMs ? "unknown" : status,
      latency_ms: latency,
      last_checked: iso(checkedAt ?? null),
      last_success: iso(succeededAt),
      last_failure: iso(failedAt),
      last_failure_message: failure,
      consecutive_failures: failures,
      message: result.message === undefined ? null : failureMessage(result.message),
      details: result.details === undefined ? null : redactRecord(result.details),
    }),
    abort: () => controller?.abort(),
  };
}
