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
        "Commands per second, and those that failed: what is refused for want of memory is among these.",
      unit: "ops",
      queries: [
        { expr: sum(rate(series("redis_commands_processed_total")), "instance"), legend: "{{instance}}" },
        {
          expr: sum(rate(series("redis_commands_failed_calls_total")), "instance"),
          legend: "{{instance}} failed",
        },
      ],
      links: [runbook("SharedStateDown")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Redis Clients",
      description:
        "Clients that are connected, and those per second that were refused. The limit is `maxclients`.",
      unit: "short",
      decimals: 0,
      queries: [
        { expr: sum(series("redis_connected_clients"), "instance"), legend: "{{instance}} connected" },
        {
          expr: sum(rate(series("redis_rejected_connections_total")), "instance"),
          legend: "{{instance}} refused in a second",
        },
      ],
      links: [runbook("SharedStateDown")],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: "Redis Keys Dropped and Found",
      description:
        "Keys per second that were dropped for want of memory: counts of limits are among them. And the part of keys that were looked for and found.",
      unit: "short",
      queries: [
        { expr: sum(rate(series("redis_evicted_keys_total")), "instance"), legend: "{{instance}} dropped" },
        { expr: share(hits, `(${hits} + ${misses})`), legend: "{{instance}} part found" },
      ],
      links: [runbook("RedisMemoryHigh")],
      width: 12,
      height: 8,
    }),
  ],
};
