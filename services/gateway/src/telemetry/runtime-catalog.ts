import { defineCatalog, oneOf } from "@sark/observability/metrics";

/** What slows the database down. */
export const runtimeCatalog = defineCatalog({
  sark_gateway_slow_statements_total: {
    type: "counter",
    help: "Statements to the audit database that took longer than logging.slowStatements.",
    unit: "1",
    labels: { result: oneOf("ok", "failed") },
  },
});
export type RuntimeCatalog = typeof runtimeCatalog;
