import { remainingSeconds, type CertificateInUse } from "@sark/certificates";
import type { DatabaseObserver, SlowStatement } from "@sark/audit/telemetry";
import type { ComponentReport } from "@sark/observability/health";
import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { RuntimeCatalog } from "./runtime-catalog.ts";

/** What is slow is often slow at once, and many times. */
const LIMIT = { lines: 60, perMs: 60_000 };

/** What slows the process, or its database, down. */
export interface RuntimeEvents extends DatabaseObserver {
  slowStatement(statement: SlowStatement): void;
  /** Has what health checks know read at each scrape. */
  watchDependencies(components: () => readonly ComponentReport[]): void;
  /** Has what is left of certificates read at each scrape. */
  watchCertificates(read: () => readonly CertificateInUse[]): void;
  /** The hourly check has found certificates that have ended, or end soon. */
  certificatesEnd(ending: { readonly count: number; readonly described: string }): void;
}

export function createRuntimeEvents(deps: {
  readonly recorder: Recorder<RuntimeCatalog>;
  readonly logger: Logger;
}): RuntimeEvents {
  const { recorder } = deps;
  const statements = limitLines(deps.logger.child({ component: "slow-statements" }), LIMIT);
  const certificates = deps.logger.child({ component: "certificates" });
  return {
    // Transactions are timed, by what they are for.
    statementEnded: () => undefined,
    poolExhausted: (name) => recorder.increment("metrics_database_pool_exhausted_total", { name }),
    slowStatement({ id, statement, ms, failed }) {
      recorder.increment("metrics_database_slow_statements_total", { result: failed ? "failed" : "ok" });
      statements.warn({ statement, fingerprint: id, duration_ms: ms, failed }, "a statement took long");
    },
    watchCertificates(read) {
      recorder.onCollect("metrics_certificate_remaining_seconds", () => remainingSeconds(read(), Date.now()));
    },
    certificatesEnd: ({ count, described }) => certificates.warn({ count }, described),
    watchDependencies(components) {
      const looked = (value: (report: ComponentReport) => number) => () =>
        components()
          .filter(({ latency_ms }) => latency_ms !== null)
          .map((report) => ({ labels: { dependency: report.name }, value: value(report) }));
      recorder.onCollect(
        "metrics_dependency_up",
        looked(({ status }) => (status === "ok" || status === "degraded" ? 1 : 0)),
      );
      recorder.onCollect(
        "metrics_dependency_latency_seconds",
        looked(({ latency_ms }) => (latency_ms ?? 0) / 1_000),
      );
    },
  };
}
