import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";
import { share } from "./decisions.ts";

const CACHED = [series("sark_gateway_cache_hits_total"), series("sark_gateway_cache_misses_total")] as const;
const HITS = `sum(rate(${CACHED[0]}[5m]))`;
const MISSES = `sum(rate(${CACHED[1]}[5m]))`;
const CACHE_BOOK = {
  impact: "Decisions reach the policy engine one by one: latency and CPU rise, nothing is decided wrongly.",
  diagnosis: [
    {
      look: "Is the cache full, so that decisions are dropped?",
      command: ask("sum(rate(sark_gateway_cache_evictions_total[5m]))"),
    },
    {
      look: "Were policies loaded again and again? Each load empties the cache.",
      command: ask("sum by (result) (increase(sark_policy_loads_total[30m]))"),
    },
    { look: "What is configured?", command: "grep -n policy sark.json" },
  ],
  remedy: [
    "Cache full: raise `policy.cacheMaxEntries`.",
    "Loads: find what writes to the directory of the policies.",
    "Switched off: set `policy.cacheTtl` above zero.",
  ],
};

function hits(firing: number, under: number) {
  return { series: CACHED[0], firing, under };
}
function misses(firing: number, under: number) {
  return { series: CACHED[1], firing, under };
}

export const cacheAlerts: readonly Alert[] = [
  {
    name: "LowPolicyCacheHitRate",
    when: {
      value: share(HITS, `(${HITS} + ${MISSES})`),
      is: "<",
      threshold: 0.8,
      guard: { value: `${HITS} + ${MISSES}`, above: 0.1 },
    },
    for: "10m",
    severity: "warning",
    component: "policy",
    team: "platform",
    summary: "Less than 80 % of decisions come from the cache",
    description: "Only {{ $value | humanizePercentage }} of decisions came from the cache for 10 minutes.",
    runbook: { meaning: "The decision cache serves fewer requests than it should.", ...CACHE_BOOK },
    window: 5,
    proof: {
      inputs: [hits(468, 492), misses(132, 108)],
      says: "Only 78% of decisions came from the cache for 10 minutes.",
    },
  },
  {
    name: "ZeroCacheHits",
    when: { value: HITS, is: "==", threshold: 0, guard: { value: MISSES, above: 0.1 } },
    for: "5m",
    severity: "critical",
    component: "policy",
    team: "platform",
    summary: "No decision comes from the cache",
    description:
      "Decisions from the cache per second: {{ $value }}, for 5 minutes, though there are requests.",
    runbook: { meaning: "The decision cache is off, or is emptied faster than it fills.", ...CACHE_BOOK },
    window: 5,
    proof: {
      inputs: [hits(0, 1), misses(600, 600)],
      says: "Decisions from the cache per second: 0, for 5 minutes, though there are requests.",
    },
  },
];
