import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const hits = (when: string) => `sum(rate(${series("metrics_cache_hits_total")}[15m]${when}))`;
const misses = (when: string) => `sum(rate(${series("metrics_cache_misses_total")}[15m]${when}))`;
const all = (when = "") => `(${hits(when)} + ${misses(when)})`;
const hitRate = (when = "") => `(${hits(when)} / ${all(when)})`;

/** How often a reading is there already depends on how often tenants send: no share is good or bad by itself. */
const AGAINST_DAY_BEFORE = `${hitRate()} / ${hitRate(" offset 1d")}`;

export const cacheAlerts: readonly Alert[] = [
  {
    name: "CacheHitRateDegraded",
    when: { value: AGAINST_DAY_BEFORE, is: "<", threshold: 0.5, guard: { value: all(), above: 0.1 } },
    for: "10m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    summary: "Readings come from the cache less than half as often as a day before",
    description:
      "The share of readings that were there already is {{ $value | humanizePercentage }} of what it was a day before, for 10 minutes.",
    runbook: {
      meaning:
        "Of the KPIs that are read, far fewer than at the same time a day before were kept from an earlier reading. Quiet on the first day.",
      impact: "The database is asked instead: KPIs come later, and its connections are used more.",
      diagnosis: [
        {
          look: "Do tenants change more often? Each change drops what was kept of them.",
          command: ask("sum(rate(metrics_cache_invalidations_total[15m]))"),
        },
        {
          look: "Can Redis, which replicas share, be asked?",
          command: ask("sum(rate(metrics_cache_shared_failures_total[15m]))"),
        },
        {
          look: "Which tenant sends so much?",
          command: ask("topk(5, sum by (tenant_id) (rate(metrics_ingest_events_total[15m])))"),
        },
      ],
      remedy: [
        "Redis is away: bring it back.",
        "A tenant sends single events: ask its owner to send them in batches, each of which drops the cache once.",
      ],
    },
    window: 15,
    proof: {
      inputs: [
        { series: 'metrics_cache_hits_total{level="local"}', firing: 264, under: 276, before: 540 },
        { series: "metrics_cache_misses_total", firing: 336, under: 324, before: 60 },
      ],
      step: 5,
      before: 295,
      settles: 3,
      says: "The share of readings that were there already is 48.89% of what it was a day before, for 10 minutes.",
    },
  },
];
