import { gauge } from "../../panels/stat.ts";
import type { BuiltPanel } from "../../panels/panel.ts";
import { auditEvents, runbook } from "../../parts/links.ts";
import { CACHE_HIT_RATE } from "./gateway-queries.ts";

/** How many decisions come from the cache, in the colors of DSH-1. */
export function cacheHitRate(title: string): BuiltPanel {
  return gauge({
    title,
    description:
      "Requests that the decision cache could decide. Low: the cache is too small, its time too short, or calls differ in what policy looks at.",
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
  });
}

/** Columns of a table of users: each leads to what the audit log has of that user. */
export function userColumns(link: string, about: Parameters<typeof auditEvents>[1] = {}) {
  const links = [auditEvents(link, { user_id: "${__value.text:percentencode}", ...about })];
  return [
    { label: "user", title: "User", links },
    { label: "tenant", title: "Tenant" },
  ] as const;
}
