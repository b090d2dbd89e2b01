import { series } from "../../promql/series.ts";
import { OF_CLIENTS } from "../clients/requests.ts";
import type { Component, Team } from "../../domain/alert.ts";

/** A promise, kept over 30 days: the part of events that may be bad. */
export interface Objective {
  /** Value of the label `slo`. */
  readonly slo: string;
  readonly promise: string;
  /** Part that may be bad: 0.001 of 99.9 %. */
  readonly budget: number;
  /** Events, and bad ones, per second in a window. */
  events(window: string): string;
  bad(window: string): string;
  /** Fewer events per second than this are no ratio. */
  readonly enough: number;
  readonly component: Component;
  readonly team: Team;
  readonly look: { readonly look: string; readonly query: string };
  /** A test of it: series that count events and bad ones. */
  readonly proof: { readonly events: string; readonly bad: string; readonly badAreEvents: boolean };
}

const total = series("sark_gateway_requests_total", { operation: OF_CLIENTS });
const faults = series("sark_gateway_requests_total", { operation: OF_CLIENTS, status: ["500", "503"] });
const durations = series("sark_gateway_request_duration_seconds_count", { operation: OF_CLIENTS });
const fast = series("sark_gateway_request_duration_seconds_bucket", { operation: OF_CLIENTS, le: "1" });
const written = series("sark_audit_events_written_total", { job: "sark-gateway" });
const unwritten = series("sark_audit_failed_writes_total", {
  job: "sark-gateway",
  code: ["overloaded", "store_unavailable", "store_timeout", "spool_failed", "closed"],
});
/** A call that cannot be decided, or recorded, ends in a JSON-RPC error, with status 200. */
const undecided = series("sark_policy_evaluations_total", {
  code: ["policy_timeout", "policy_unavailable", "policy_error"],
});
const unrecorded = series("sark_audit_unrecorded_calls_total", { job: "sark-gateway" });
const rate = (selector: string, window: string) => `sum(rate(${selector}[${window}]))`;
const orNone = (query: string) => `(${query} or vector(0))`;

export const OBJECTIVES: readonly Objective[] = [
  {
    slo: "gateway-availability",
    promise: "99.9 % of requests are served: no 500 or 503, and a decision on each call",
    budget: 0.001,
    enough: 0.02,
    component: "gateway",
    team: "platform",
    events: (window) => rate(total, window),
    bad: (window) =>
      `(${orNone(rate(faults, window))} + ${orNone(rate(undecided, window))} + ${orNone(rate(unwritten, window))})`,
    look: {
      look: "What fails?",
      query: 'topk(5, sum by (operation, status) (rate(sark_gateway_requests_total{status=~"500|503"}[5m])))',
    },
    proof: {
      events: 'sark_gateway_requests_total{operation="mcp", status="200"}',
      bad: 'sark_policy_evaluations_total{engine="opa", code="policy_unavailable"}',
      badAreEvents: false,
    },
  },
  {
    slo: "gateway-latency",
    promise: "99 % of requests are over within 1 s, their server's time included",
    budget: 0.01,
    enough: 0.02,
    component: "gateway",
    team: "platform",
    events: (window) => rate(durations, window),
    bad: (window) => `(${rate(durations, window)} - ${rate(fast, window)})`,
    look: {
      look: "Which server is slow?",
      query:
        "topk(5, histogram_quantile(0.95, sum by (server, le) (rate(sark_gateway_tool_execution_seconds_bucket[5m]))))",
    },
    proof: {
      events: 'sark_gateway_request_duration_seconds_count{operation="mcp"}',
      bad: 'sark_gateway_request_duration_seconds_bucket{operation="mcp", le="1"}',
      badAreEvents: true,
    },
  },
  {
    slo: "audit-durability",
    promise: "99.99 % of audit events are kept at the first try",
    budget: 0.0001,
    enough: 0.02,
    component: "audit",
    team: "security",
    events: (window) => `(${rate(written, window)} + ${orNone(rate(unwritten, window))})`,
    bad: (window) => `(${orNone(rate(unwritten, window))} + ${orNone(rate(unrecorded, window))})`,
    look: { look: "How do writes fail?", query: "sum by (code) (rate(sark_audit_failed_writes_total[5m]))" },
    proof: {
      events: 'sark_audit_events_written_total{job="sark-gateway"}',
      bad: 'sark_audit_unrecorded_calls_total{job="sark-gateway"}',
      badAreEvents: false,
    },
  },
];
