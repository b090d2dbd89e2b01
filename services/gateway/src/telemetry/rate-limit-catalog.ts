import { defineCatalog, introduced, oneOf } from "@sark/observability/metrics";
import { SHARED_STATE_ERROR_CODES } from "@sark/shared-state";
import { LIMIT_KINDS } from "../domain/rate-limits.ts";
import { MAX_SERVER_NAMES, SERVER_NAMES } from "./names.ts";

const server = introduced(SERVER_NAMES, MAX_SERVER_NAMES);

/** Rate limits, and what replicas share so that they count together (MET-8). */
export const rateLimitCatalog = defineCatalog({
  sark_gateway_rate_limit_violations_total: {
    type: "counter",
    help: "Calls refused for their rate, by the kind of limit that they reached and the server that they were for.",
    question: "Which limit stops callers, and before which server?",
    unit: "1",
    labels: { limit: oneOf(...LIMIT_KINDS), server },
  },
  sark_gateway_rate_limit_subjects: {
    type: "gauge",
    help: "Users, agents, tools, servers and tenants whose calls are counted in this process right now.",
    question: "How near is the number of counted subjects to rateLimits.maxSubjects?",
    unit: "1",
  },
  sark_gateway_rate_limit_overflow_total: {
    type: "counter",
    help: "Calls counted toward a limit that their subject shares with others, because too many of its kind are counted; see rateLimits.maxSubjects.",
    question: "Do callers share a limit that each should have alone?",
    unit: "1",
    labels: { limit: oneOf(...LIMIT_KINDS) },
  },
  sark_gateway_rate_limit_fallbacks_total: {
    type: "counter",
    help: "Calls decided by limits of this process because the shared ones could not be asked.",
    question: "How many calls were decided while replicas did not count together?",
    unit: "1",
  },
  sark_gateway_shared_state_up: {
    type: "gauge",
    help: "Is 1 while what replicas share can be asked, 0 while limits are those of each replica. Absent without `redis`.",
    question: "Do replicas count and know sessions together?",
    unit: "1",
  },
  sark_gateway_shared_state_failures_total: {
    type: "counter",
    help: "Requests to what replicas share that failed.",
    question: "Why can Redis not be asked?",
    unit: "1",
    labels: { reason: oneOf(...SHARED_STATE_ERROR_CODES) },
  },
  sark_gateway_shared_state_seconds: {
    type: "histogram",
    help: "Time of one request to what replicas share.",
    question: "What does asking Redis add to a call?",
    unit: "seconds",
    bucketsBecause: "from half a millisecond, which a near Redis takes, up to the longest redis.timeout",
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
  },
});
