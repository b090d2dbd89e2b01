import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";
import { ENOUGH, latencies, P95 } from "./decisions.ts";

const SLOW_BOOK = {
  impact:
    "Each call waits for its decision, so each call is slower by that much. Nothing is let through undecided.",
  diagnosis: [
    {
      look: "Is the policy engine slow, or what is around it? This is the engine's part.",
      command: ask(
        "histogram_quantile(0.95, sum by (engine, le) (rate(sark_policy_evaluation_seconds_bucket[5m])))",
      ),
    },
    {
      look: "Does the event loop stand still?",
      command: ask("sum by (instance) (rate(sark_event_loop_stalled_seconds_total[5m]))"),
    },
    {
      look: "Do decisions come from the cache?",
      command: ask("sum(rate(sark_gateway_cache_misses_total[5m]))"),
    },
  ],
  remedy: [
    "Engine slow: look for a policy that was edited lately, and take the edit back. With OPA look at its own latency and CPU.",
    "Event loop stands still: the log has the stack of each stall under the component `event-loop`; give the gateway more workers or another replica.",
    "Few cache hits: see LowPolicyCacheHitRate.",
  ],
};

export const latencyAlerts: readonly Alert[] = [
  {
    name: "HighGatewayAuthorizationLatency",
    when: { value: P95, is: ">", threshold: 0.05, guard: ENOUGH },
    for: "5m",
    severity: "warning",
    component: "policy",
    team: "platform",
    summary: "Authorization is slow: P95 above 50 ms",
    description: "P95 of authorization is {{ $value | humanizeDuration }}, above 50 ms for 5 minutes.",
    runbook: {
      meaning: "One in twenty decisions takes longer than 50 ms, policy and cache included.",
      ...SLOW_BOOK,
    },
    window: 5,
    proof: {
      inputs: latencies("0.05", "0.1", { firing: 0.053, under: 0.0495 }),
      says: "P95 of authorization is 52.83ms, above 50 ms for 5 minutes.",
    },
  },
  {
    name: "CriticalGatewayAuthorizationLatency",
    when: { value: P95, is: ">", threshold: 0.1, guard: ENOUGH },
    for: "2m",
    severity: "critical",
    component: "policy",
    team: "platform",
    summary: "Authorization is very slow: P95 above 100 ms",
    description: "P95 of authorization is {{ $value | humanizeDuration }}, above 100 ms for 2 minutes.",
    runbook: {
      meaning: "One in twenty decisions takes longer than 100 ms, policy and cache included.",
      ...SLOW_BOOK,
    },
    window: 5,
    proof: {
      inputs: latencies("0.1", "0.25", { firing: 0.051, under: 0.0495 }),
      says: "P95 of authorization is 102.9ms, above 100 ms for 2 minutes.",
    },
  },
];
