import { series } from "../../promql/series.ts";
import type { Alert, Duration, Severity } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const OF_SERVICE = { job: "sark-metrics" } as const;
const HEAP = `max by (instance) (${series("nodejs_heap_size_used_bytes", OF_SERVICE)} / ${series("nodejs_heap_size_limit_bytes", OF_SERVICE)})`;
const CPU = `sum by (instance) (rate(${series("process_cpu_user_seconds_total", OF_SERVICE)}[5m]) + rate(${series("process_cpu_system_seconds_total", OF_SERVICE)}[5m]))`;
const DISK = `1 - min by (instance, directory) (${series("disk_free_bytes", OF_SERVICE)} / ${series("disk_size_bytes", OF_SERVICE)})`;

const MEMORY_BOOK = {
  meaning: "The heap of the service comes near the size at which V8 ends the process.",
  impact: "The process ends at its limit; what was acknowledged is committed, the rest is sent again.",
  diagnosis: [
    { look: "Does it grow, or is it load?", command: ask('nodejs_heap_size_used_bytes{job="sark-metrics"}') },
    { look: "How many requests are held?", command: ask("metrics_api_held_request_bytes") },
  ],
  remedy: ["Restart the replica that grew. Load: more replicas, or a larger `--max-old-space-size`."],
};
const CPU_BOOK = {
  meaning: "The one thread that runs JavaScript has little time left.",
  impact: "Requests wait for it: latency grows for all tenants.",
  diagnosis: [
    {
      look: "Does the event loop stand still?",
      command: ask('nodejs_eventloop_lag_p99_seconds{job="sark-metrics"}'),
    },
    {
      look: "Who sends so much?",
      command: ask("topk(5, sum by (tenant_id) (rate(metrics_ingest_events_total[5m])))"),
    },
  ],
  remedy: ["Add a replica, or lower the rate of the tenant that sends so much."],
};

interface Level {
  readonly name: string;
  readonly threshold: number;
  readonly for: Duration;
  readonly severity: Severity;
}

function memory({ name, threshold, severity, ...level }: Level): Alert {
  return {
    name,
    when: { value: HEAP, is: ">", threshold },
    for: level.for,
    severity,
    component: "metrics-service",
    team: "platform",
    labels: { symptom: "metrics-memory" },
    summary: `The metrics service uses more than ${threshold * 100} % of its memory`,
    description: `{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is in use, for ${minutes(level.for)}.`,
    runbook: MEMORY_BOOK,
    window: 1,
    proof: {
      inputs: [
        {
          series: 'nodejs_heap_size_used_bytes{job="sark-metrics", instance="a"}',
          firing: threshold * 1_000 + 10,
          under: threshold * 1_000 - 10,
        },
        {
          series: 'nodejs_heap_size_limit_bytes{job="sark-metrics", instance="a"}',
          firing: 1_000,
          under: 1_000,
        },
      ],
      says: `${threshold * 100 + 1}% of the memory of a is in use, for ${minutes(level.for)}.`,
      labels: { instance: "a" },
    },
  };
}

function cpu({ name, threshold, severity, ...level }: Level): Alert {
  const used = (part: "user" | "system", firing: number, under: number) => ({
    series: `process_cpu_${part}_seconds_total{job="sark-metrics", instance="a"}`,
    firing,
    under,
  });
  return {
    name,
    when: { value: CPU, is: ">", threshold },
    for: level.for,
    severity,
    component: "metrics-service",
    team: "platform",
    labels: { symptom: "metrics-cpu" },
    summary: `The metrics service is busy more than ${threshold * 100} % of the time`,
    description: `{{ $labels.instance }} is busy {{ $value | humanizePercentage }} of the time, for ${minutes(level.for)}.`,
    runbook: CPU_BOOK,
    window: 5,
    proof: {
      inputs: [used("user", 60 * threshold - 5.4, 60 * threshold - 6.6), used("system", 6, 6)],
      settles: 5,
      says: `a is busy ${threshold * 100 + 1}% of the time, for ${minutes(level.for)}.`,
      labels: { instance: "a" },
    },
  };
}

function minutes(duration: Duration): string {
  return `${duration.slice(0, -1)} minutes`;
}

export const processAlerts: readonly Alert[] = [
  memory({ name: "CriticalMemoryUsage", threshold: 0.9, for: "2m", severity: "critical" }),
  memory({ name: "HighMemoryUsage", threshold: 0.8, for: "5m", severity: "warning" }),
  cpu({ name: "CriticalCPUUsage", threshold: 0.85, for: "5m", severity: "critical" }),
  cpu({ name: "HighCPUUsage", threshold: 0.8, for: "10m", severity: "warning" }),
  {
    name: "HighDiskUsage",
    when: { value: DISK, is: ">", threshold: 0.8 },
    for: "5m",
    severity: "warning",
    component: "metrics-service",
    team: "platform",
    summary: "The disk of the metrics service is more than 80 % full",
    description:
      "{{ $value | humanizePercentage }} of the disk of {{ $labels.directory }} at {{ $labels.instance }} is used, for 5 minutes.",
    runbook: {
      meaning: "The disk of the service's directory has little room left.",
      impact: "With an embedded PostgreSQL nothing can be written once it is full.",
      diagnosis: [{ look: "What takes the room?", command: "du -h --max-depth=2 .sark | sort -h | tail" }],
      remedy: ["Shorten retention, or give it a larger disk."],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'disk_free_bytes{job="sark-metrics", instance="a", directory="data"}',
          firing: 190,
          under: 210,
        },
        {
          series: 'disk_size_bytes{job="sark-metrics", instance="a", directory="data"}',
          firing: 1_000,
          under: 1_000,
        },
      ],
      says: "81% of the disk of data at a is used, for 5 minutes.",
      labels: { instance: "a", directory: "data" },
    },
  },
];
