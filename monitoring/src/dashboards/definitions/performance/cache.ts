import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { rate, share, sum } from "../../../promql/expressions.ts";
import { cacheHitRate } from "../terms/gateway-panels.ts";
import { AT } from "../terms/gateway-queries.ts";

export const cacheSection: Section = {
  title: "Cache",
  panels: [
    cacheHitRate("Decision Cache Hit Rate"),
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
