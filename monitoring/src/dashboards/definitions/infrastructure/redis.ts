import { rate, share, sum } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";

const hits = sum(rate(series("redis_keyspace_hits_total")), "instance");
const misses = sum(rate(series("redis_keyspace_misses_total")), "instance");

export const redisSection: Section = {
  title: "Redis",
  panels: [
    timeSeries({
      title: "Redis Memory",
      description:
        "Memory of data, what was taken from the system for it, and `maxmemory` where there is one.",
      unit: "bytes",
      queries: [
        { expr: `max by (instance) (${series("redis_memory_used_bytes")})`, legend: "{{instance}} data" },
        {
          expr: `max by (instance) (${series("redis_memory_used_rss_bytes")})`,
          legend: "{{instance}} taken",
        },
        {
          expr: `max by (instance) (${series("redis_memory_max_bytes")}) > 0`,
          legend: "{{instance}} at most",
        },
      ],
      links: [runbook("RedisMemoryHigh")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Redis Commands",
      description:
        "Commands per second. None while the gateway serves calls: it counts limits alone, at each replica.",
      unit: "ops",
      queries: [
        { expr: sum(rate(series("redis_commands_processed_total")), "instance"), legend: "{{instance}}" },
      ],
      links: [runbook("SharedStateDown")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Redis Clients",
      description: "Clients that are connected, and how many may be. From there on, connections are refused.",
      unit: "short",
      decimals: 0,
      queries: [
        { expr: sum(series("redis_connected_clients"), "instance"), legend: "{{instance}} connected" },
        {
          expr: sum(series("redis_config_maxclients"), "instance"),
          legend: "{{instance}} at most",
        },
      ],
      links: [runbook("SharedStateDown")],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Redis Refusals and Dropped Keys",
      description:
        "Per second: commands that failed (for want of memory, among others), connections that were refused, and keys that were dropped for want of memory. Counts of limits are among those: callers get more than their limits allow.",
      unit: "ops",
      queries: [
        {
          expr: sum(rate(series("redis_commands_failed_calls_total")), "instance"),
          legend: "{{instance}} commands failed",
        },
        {
          expr: sum(rate(series("redis_rejected_connections_total")), "instance"),
          legend: "{{instance}} connections refused",
        },
        {
          expr: sum(rate(series("redis_evicted_keys_total")), "instance"),
          legend: "{{instance}} keys dropped",
        },
      ],
      links: [runbook("RedisMemoryHigh")],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Redis Keys Found",
      description:
        "Part of the keys that were looked for and were there. A new key is looked for in vain once.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: share(hits, `(${hits} + ${misses})`), legend: "{{instance}}" }],
      links: [runbook("RedisMemoryHigh")],
      width: 8,
      height: 8,
    }),
  ],
};
