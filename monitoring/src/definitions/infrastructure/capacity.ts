import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const FREE = series("node_filesystem_avail_bytes");
/** Where it shrinks, and as it has for six hours: seconds until none is left. */
const UNTIL_FULL = `${FREE} / (-deriv(${FREE}[6h]) > 0)`;
const USED = `1 - ${FREE} / ${series("node_filesystem_size_bytes")}`;
/** Without a limit the exporter says 0, and there is nothing to be a part of. */
const REDIS = `${series("redis_memory_used_bytes")} / (${series("redis_memory_max_bytes")} > 0)`;
const DAY = 86_400;

const DISK = 'instance="a", device="d", fstype="ext4", mountpoint="/"';

/** What will not last, seen before it is at its end. */
export const capacityAlerts: readonly Alert[] = [
  {
    name: "HostDiskFullSoon",
    // A machine that is being set up fills its disk fast, and is nearly empty.
    when: {
      value: UNTIL_FULL,
      is: "<",
      threshold: 3 * DAY,
      and: { value: USED, is: ">", threshold: 0.5 },
    },
    for: "30m",
    severity: "warning",
    component: "host",
    team: "platform",
    summary: "A disk will be full within 3 days",
    description:
      "{{ $labels.mountpoint }} at {{ $labels.instance }} is full in {{ $value | humanizeDuration }}, if it goes on filling as in the last 6 hours.",
    runbook: {
      meaning: "More is written than is deleted. More than half of the disk is in use already.",
      impact: "None yet. A full disk stops PostgreSQL and the log files; calls are then refused.",
      diagnosis: [
        {
          look: "How much does it grow in a day, in bytes?",
          command: ask("deriv(node_filesystem_avail_bytes[6h]) * -86400"),
        },
        {
          look: "Is it a database that grows?",
          command: ask("sum by (datname) (deriv(pg_database_size_bytes[6h])) * 86400"),
        },
        { look: "Are they log files?", command: ask("sum by (job, instance) (sark_log_files_bytes)") },
        { look: "What takes the room?", command: "du -xh --max-depth=2 / | sort -h | tail -n 15" },
      ],
      remedy: [
        "Wanted growth: a larger disk, before that time (docs/sizing.md has figures).",
        "Else shorten retention of events, lower `logging.files.maxTotalSize`, or end what writes.",
      ],
    },
    window: 360,
    proof: {
      step: 10,
      before: 40,
      settles: 12,
      inputs: [
        { series: `node_filesystem_avail_bytes{${DISK}}`, before: 400, firing: 376.3, under: 378.7 },
        { series: `node_filesystem_size_bytes{${DISK}}`, firing: 1_000, under: 1_000 },
      ],
      says: "/ at a is full in 2d 17h 16m 29s, if it goes on filling as in the last 6 hours.",
      labels: { instance: "a", device: "d", fstype: "ext4", mountpoint: "/" },
    },
  },
  {
    name: "RedisMemoryHigh",
    when: { value: REDIS, is: ">", threshold: 0.8 },
    for: "10m",
    severity: "warning",
    component: "database",
    team: "platform",
    summary: "Redis uses more than 80 % of the memory that it may take",
    description:
      "Redis, as {{ $labels.instance }} sees it, uses {{ $value | humanizePercentage }} of its `maxmemory`, for 10 minutes.",
    runbook: {
      meaning: "Keys take nearly all of what `maxmemory` allows.",
      impact:
        "At its end Redis refuses writes (`noeviction`), or drops keys: limits and sessions of all replicas start anew, and each replica counts for itself meanwhile.",
      diagnosis: [
        { look: "Is it growing, or a peak?", command: ask("deriv(redis_memory_used_bytes[1h]) * 3600") },
        { look: "Does it drop keys already?", command: ask("rate(redis_evicted_keys_total[5m])") },
        {
          look: "How many keys are there, and do they expire?",
          command: ask("redis_db_keys_expiring / redis_db_keys"),
        },
        { look: "Which are large?", command: 'redis-cli -u "$REDIS" --bigkeys' },
      ],
      remedy: [
        "Keys of SARK expire by themselves. Others in the same Redis: give SARK one of its own.",
        "Wanted load: raise `maxmemory`, on a machine that has it (ElastiCache: a larger node).",
      ],
    },
    window: 1,
    proof: {
      inputs: [
        { series: 'redis_memory_used_bytes{instance="a"}', firing: 810, under: 790 },
        { series: 'redis_memory_max_bytes{instance="a"}', firing: 1_000, under: 1_000 },
      ],
      says: "Redis, as a sees it, uses 81% of its `maxmemory`, for 10 minutes.",
      labels: { instance: "a" },
    },
  },
];
