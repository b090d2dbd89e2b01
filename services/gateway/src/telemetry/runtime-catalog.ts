import { defineCatalog, oneOf } from "@sark/observability/metrics";

/** What slows the process, or its database, down. */
export const runtimeCatalog = defineCatalog({
  sark_gateway_event_loop_stalls_total: {
    type: "counter",
    help: "Times that the event loop stood still for longer than logging.stalls.",
    unit: "1",
  },
  sark_gateway_event_loop_stalled_seconds_total: {
    type: "counter",
    help: "Time in which the event loop stood still, of stalls longer than logging.stalls.",
    unit: "seconds",
  },
  sark_gateway_slow_statements_total: {
    type: "counter",
    help: "Statements to the audit database that took longer than logging.slowStatements.",
    unit: "1",
    labels: { result: oneOf("ok", "failed") },
  },
});
export type RuntimeCatalog = typeof runtimeCatalog;
