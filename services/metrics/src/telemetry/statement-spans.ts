import { SpanKind } from "@opentelemetry/api";
import { onStatements } from "@sark/audit/telemetry";
import { addPart, type Tracing } from "@sark/observability/tracing";

/**
 * A span for each statement, below that of the request or job that sends it, until the returned function is called. Its text has no
 * values. Statements of neither, as those that look for jobs, have none.
 */
export function traceStatements(tracing: Pick<Tracing, "tracer">): () => void {
  return onStatements(({ ms, failed, fingerprint }) => {
    const endedAt = performance.now();
    addPart(tracing, () => {
      const { id, statement } = fingerprint();
      const operation = /^\w+/.exec(statement)?.[0]?.toUpperCase() ?? "statement";
      return {
        name: `postgresql ${operation}`,
        kind: SpanKind.CLIENT,
        startedAt: endedAt - ms,
        endedAt,
        attributes: {
          "db.system.name": "postgresql",
          "db.operation.name": operation,
          "db.query.text": statement,
          "sark.statement.fingerprint": id,
        },
        ...(failed ? { error: "failed" } : {}),
      };
    });
  });
}
