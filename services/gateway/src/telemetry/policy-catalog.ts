import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";
import { DECISION_CODES } from "../domain/authorization.ts";

const engine = oneOf("cedar", "opa");

/** The metrics of policies and their engines (MET-9). Hits and misses of their cache are the gateway's (MET-2). */
export const policyCatalog = defineCatalog({
  sark_policy_decisions_total: {
    type: "counter",
    help: "Decisions by the policies that led to them, cached ones included; `none` where no policy applied.",
    question: "Which policies decide, and how?",
    unit: "1",
    labels: { policy: bounded(200), decision: oneOf("allow", "deny") },
  },
  sark_policy_denials_total: {
    type: "counter",
    help: "Denials by reason, cached ones included.",
    question: "Why is access denied?",
    unit: "1",
    labels: { reason: oneOf(...DECISION_CODES) },
  },
  sark_policy_evaluations_total: {
    type: "counter",
    help: "Decisions of the policy engine, cached ones not included; codes that begin with policy_ are its errors.",
    question: "What does the engine itself say, and does it fail?",
    unit: "1",
    labels: { engine, code: oneOf(...DECISION_CODES) },
  },
  sark_policy_evaluation_seconds: {
    type: "histogram",
    help: "Time that the policy engine took for one decision.",
    question: "How long does the engine take, without cache and queue?",
    unit: "seconds",
    labels: { engine },
    bucketsBecause: "Cedar takes tenths of a millisecond, OPA over a network some: both ends need bounds",
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  sark_policy_loads_total: {
    type: "counter",
    help: "Attempts to load the policy set.",
    question: "Did a change of the policies take effect?",
    unit: "1",
    labels: { engine, result: oneOf("loaded", "failed") },
  },
  sark_policy_load_failed: {
    type: "gauge",
    help: "Is 1 while the newest edit of the policies is broken and an older set is in force.",
    question: "Is an older policy set in force than the one that was written?",
    unit: "1",
    labels: { engine },
  },
  sark_policy_active_policies: {
    type: "gauge",
    help: "Policies in force.",
    question: "How many policies are in force, and has a change removed some?",
    unit: "1",
    labels: { engine },
  },
  sark_policy_evaluations_in_progress: {
    type: "gauge",
    help: "Decisions that the policy engine is at right now.",
    question: "Does the engine fall behind?",
    unit: "1",
    labels: { engine },
  },
  sark_policy_compilation_seconds: {
    type: "histogram",
    help: "Time to read, parse and check a policy set. OPA compiles its own.",
    question: "How long does a change of the policies take?",
    unit: "seconds",
    labels: { engine },
    bucketsBecause: "a small set takes milliseconds, one of thousands of policies seconds",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  sark_policy_cache_decisions: {
    type: "gauge",
    help: "Decisions in the cache right now.",
    question: "How full is the decision cache?",
    unit: "1",
  },
  sark_policy_cache_capacity: {
    type: "gauge",
    help: "Decisions that the cache may hold; see policy.cacheMaxEntries.",
    question: "How many decisions may the cache hold?",
    unit: "1",
  },
  sark_policy_cache_ttl_seconds: {
    type: "gauge",
    help: "Longest time that a decision stays in the cache; see policy.cacheTtl.",
    question: "How long can a cached decision outlive a change of what it was made from?",
    unit: "seconds",
  },
});
