import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { gauge } from "../../panels/stat.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { rate, share, sum } from "../../../promql/expressions.ts";
import { AT, CACHE_HIT_RATE } from "../terms/gateway-queries.ts";

export const cacheSection: Section = {
  title: "Cache",
  panels: [
    gauge({
      title: "Decision Cache Hit Rate",
      description: "Requests that the decision cache could decide.",
      unit: "percentunit",
      min: 0,
      max: 1,
      decimals: 1,
      queries: [{ expr: CACHE_HIT_RATE, legend: "hit rate" }],
      steps: [
        { from: null, color: "red" },
        { from: 0.7, color: "yellow" },
        { from: 0.9, color: "green" },
      ],
      empty: "no requests",
      links: [runbook("LowPolicyCacheHitRate"), runbook("ZeroCacheHits")],
      width: 6,
      height: 8,
    }),
    timeSeries({
      title: "Cache Performance",
      description:
        "Requests per second that the cache could decide, those that it could not, and decisions dropped for want of room.",
      unit: "ops",
      queries: [
        { expr: sum(rate(series("sark_gateway_cache_hits_total", AT))), legend: "hits" },
        { expr: sum(rate(series("sark_gateway_cache_misses_total", AT))), legend: "misses" },
        { expr: sum(rate(series("sark_gateway_cache_evictions_total", AT))), legend: "dropped" },
      ],
      colors: { hits: "green", misses: "yellow", dropped: "red" },
      links: [runbook("LowPolicyCacheHitRate")],
      width: 9,
      height: 8,
    }),
    timeSeries({
      title: "Cache Size",
      description: "Decisions in the cache, of those that it may hold (policy.cacheMaxEntries).",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: share(
            sum(series("sark_policy_cache_decisions", AT), "instance"),
            sum(series("sark_policy_cache_capacity", AT), "instance"),
          ),
          legend: "{{instance}}",
        },
      ],
      links: [runbook("LowPolicyCacheHitRate")],
      width: 9,
      height: 8,
    }),
  ],
};
