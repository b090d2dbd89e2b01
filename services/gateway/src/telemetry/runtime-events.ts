import { remainingSeconds, type CertificateInUse } from "@sark/certificates";
import type { DatabaseObserver, DatabasePoolFigures, SlowStatement } from "@sark/audit/telemetry";
import type { ComponentReport } from "@sark/observability/health";
import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { PoolFigures } from "../upstreams/contract/observer.ts";
import type { PoolKind, RuntimeCatalog } from "./runtime-catalog.ts";

/** What is slow is often slow at once, and many times. */
const LIMIT = { lines: 60, perMs: 60_000 };

/** What slows the process, or its database, down. */
export interface RuntimeEvents extends DatabaseObserver {
  slowStatement(statement: SlowStatement): void;
  /** All metrics were pushed to the collector: `null`, or what was wrong. */
  metricsPushed(problem: string | null): void;
  /** Has what health checks know read at each scrape. */
  watchDependencies(components: () => readonly ComponentReport[]): void;
  /** Has what is left of certificates read at each scrape. */
  watchCertificates(read: () => readonly CertificateInUse[]): void;
  /** Has pools read at each scrape: of the database, and of each server by kind. */
  watchPools(read: {
    database(): readonly DatabasePoolFigures[];
    upstreams(): readonly (readonly [name: string, pools: Readonly<Record<string, PoolFigures>>])[];
  }): void;
}

interface NamedPool extends PoolFigures {
  readonly pool: PoolKind;
  readonly name: string;
}

export function createRuntimeEvents(deps: {
  readonly recorder: Recorder<RuntimeCatalog>;
  readonly logger: Logger;
}): RuntimeEvents {
  const { recorder } = deps;
  const pushes = limitLines(deps.logger.child({ component: "metrics" }), LIMIT);
  const statements = limitLines(deps.logger.child({ component: "slow-statements" }), LIMIT);
  return {
    metricsPushed(problem) {
      recorder.increment("sark_gateway_metric_pushes_total", { result: problem === null ? "ok" : "failed" });
      if (problem !== null) {
        pushes.warn({ error_type: "metrics_not_pushed" }, `the metrics could not be pushed: ${problem}`);
      }
    },
    statementEnded: ({ seconds, failed }) =>
      recorder.observe(
        "sark_gateway_database_statement_seconds",
        { result: failed ? "failed" : "ok" },
        seconds,
      ),
    poolExhausted: (name) =>
      recorder.increment("sark_gateway_pool_exhausted_total", { pool: "database", name }),
    watchDependencies(components) {
      const looked = (value: (report: ComponentReport) => number) => () =>
        components()
          .filter(({ latency_ms }) => latency_ms !== null)
          .map((report) => ({ labels: { dependency: report.name }, value: value(report) }));
      recorder.onCollect(
        "sark_gateway_dependency_up",
        looked(({ status }) => (status === "ok" || status === "degraded" ? 1 : 0)),
      );
      recorder.onCollect(
        "sark_gateway_dependency_latency_seconds",
        looked(({ latency_ms }) => (latency_ms ?? 0) / 1_000),
      );
    },
    watchCertificates(read) {
      recorder.onCollect("sark_gateway_certificate_remaining_seconds", () =>
        remainingSeconds(read(), Date.now()),
      );
    },
    watchPools({ database, upstreams }) {
      const pools = (): readonly NamedPool[] => [
        ...database().map((figures) => ({ ...figures, pool: "database" as const })),
        ...upstreams().flatMap(([name, kinds]) =>
          Object.entries(kinds).map(([pool, figures]) => ({ ...figures, pool: pool as PoolKind, name })),
        ),
      ];
      recorder.onCollect("sark_gateway_pool_connections", () =>
        pools().flatMap(({ pool, name, size, inUse }) => [
          { labels: { pool, name, state: "in_use" as const }, value: inUse },
          { labels: { pool, name, state: "idle" as const }, value: Math.max(0, size - inUse) },
        ]),
      );
      recorder.onCollect("sark_gateway_pool_capacity", () =>
        pools().map(({ pool, name, limit }) => ({ labels: { pool, name }, value: limit })),
      );
      recorder.onCollect("sark_gateway_pool_waiting", () =>
        pools().map(({ pool, name, waiting }) => ({ labels: { pool, name }, value: waiting })),
      );
    },
    slowStatement({ id, statement, ms, failed }) {
      recorder.increment("sark_gateway_slow_statements_total", { result: failed ? "failed" : "ok" });
      statements.warn({ statement, fingerprint: id, duration_ms: ms, failed }, "a statement took long");
    },
  };
}
