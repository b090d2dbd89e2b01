import { within } from "../waiting/within.ts";
import { createCheckRunner, type CheckRunner } from "./check-runner.ts";
import type {
  HealthResponse,
  ComponentReport,
  DetailedReport,
  HealthCheck,
  HealthObserver,
  HealthStatus,
  LiveReport,
  ReadyReport,
} from "./types.ts";

/** What `createHealth` takes: the checks, and the version that the reports show. */
export interface HealthOptions {
  readonly checks: readonly HealthCheck[];
  readonly version: string;
  /** Milliseconds by a clock that is never set, as that of the machine is; for tests. */
  elapsed?(): number;
  /** Told when a component changes its status. */
  readonly observer?: HealthObserver;
  /** Least time between two runs of one check, however many probes ask. Default 1000. */
  readonly minIntervalMs?: number;
}

/**
 * What a service's probes and health page respond with, and the background checks behind them. No call waits for a
 * dependency that hangs.
 */
export interface Health {
  /** Liveness: that this code runs. Looks at no dependency. */
  live(): LiveReport;
  /** Readiness: 503 while draining, before the first result of a required check, and while one is down. */
  ready(): Promise<HealthResponse<ReadyReport>>;
  /** Every component, for people; the status code is readiness's. */
  detailed(): Promise<HealthResponse<DetailedReport>>;
  /** What is known now, without asking a dependency: for gauges that are read at scrape time. */
  components(): readonly ComponentReport[];
  /** From now on readiness is 503, for good. */
  setDraining(draining: boolean): void;
  /** Starts the background checks. Without them probes run the checks that are due. */
  start(): void;
  /** Stops the background checks and aborts those that run. */
  close(): void;
  /** Adds a check while running; returns a function that removes it. Throws when the name is taken. */
  add(check: HealthCheck): () => void;
}

/** A probe waits this long for results that are due, and responds with what is known then, in milliseconds. */
const PROBE_WAIT_MS = 500;

/** Watches dependencies so that probes get a response at once from what is known. */
export function createHealth(options: HealthOptions): Health {
  const { version, elapsed = () => performance.now(), minIntervalMs = 1000, observer } = options;
  const startedAt = elapsed();
  const runners = new Map<string, CheckRunner>();
  const timers = new Map<CheckRunner, NodeJS.Timeout>();
  let draining = false;
  let started = false;

  function add(check: HealthCheck): () => void {
    if (runners.has(check.name)) {
      throw new TypeError(`health check ${check.name} exists already; give another name`);
    }
    const runner = createCheckRunner(check, minIntervalMs, elapsed, observer);
    runners.set(check.name, runner);
    if (started) {
      schedule(runner, 0);
    }
    return () => {
      if (runners.get(check.name) === runner) {
        runners.delete(check.name);
      }
      stop(runner);
    };
  }

  function schedule(runner: CheckRunner, delay: number): void {
    const timer = setTimeout(() => {
      void runner.refresh().then(() => {
        if (timers.get(runner) === timer) {
          schedule(runner, runner.nextIn());
        }
      });
    }, delay);
    timer.unref();
    timers.set(runner, timer);
  }

  function stop(runner: CheckRunner): void {
    clearTimeout(timers.get(runner));
    timers.delete(runner);
    runner.abort();
  }

  async function refreshDue(): Promise<void> {
    const due = [...runners.values()].filter((runner) => runner.due());
    if (due.length === 0) {
      return;
    }
    await within(PROBE_WAIT_MS, Promise.all(due.map((runner) => runner.refresh())), undefined);
  }

  const components = () => [...runners.values()].map((runner) => runner.report());
  const uptime = () => Math.round((elapsed() - startedAt) / 1000);
  const respond = <B extends { status: HealthStatus }>(body: B): HealthResponse<B> => ({
    status: draining || body.status === "down" || body.status === "unknown" ? 503 : 200,
    body,
  });

  for (const check of options.checks) {
    add(check);
  }
  return {
    live: () => ({ status: "ok", version, uptime_seconds: uptime() }),
    async ready() {
      await refreshDue();
      const reports = components();
      const failing = reports
        .filter((one) => one.status !== "ok")
        .map((one) => [one.name, one.status] as const);
      return respond({ status: overall(reports), draining, version, failing: Object.fromEntries(failing) });
    },
    async detailed() {
      await refreshDue();
      const reports = components();
      const status = overall(reports);
      return respond({ status, draining, version, uptime_seconds: uptime(), components: reports });
    },
    components,
    setDraining(now) {
      draining = now;
    },
    start() {
      if (started) {
        return;
      }
      started = true;
      for (const runner of runners.values()) {
        schedule(runner, 0);
      }
    },
    close() {
      started = false;
      for (const runner of runners.values()) {
        stop(runner);
      }
    },
    add,
  };
}

/** Required components decide between up and not; optional ones only degrade. */
function overall(reports: readonly ComponentReport[]): HealthStatus {
  const required = reports.filter((report) => report.required);
  if (required.some((report) => report.status === "down")) {
    return "down";
  }
  if (required.some((report) => report.status === "unknown")) {
    return "unknown";
  }
  return reports.every((report) => report.status === "ok" || isStarting(report)) ? "ok" : "degraded";
}

/** What is optional and was never found well or ill has not degraded anything. */
function isStarting({ required, status, last_success, last_failure }: ComponentReport): boolean {
  return !required && status === "unknown" && last_success === null && last_failure === null;
}
