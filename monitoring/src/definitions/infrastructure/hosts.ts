import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const MEMORY = `1 - ${series("node_memory_MemAvailable_bytes")} / ${series("node_memory_MemTotal_bytes")}`;
const CPU = `1 - avg by (instance) (rate(${series("node_cpu_seconds_total", { mode: "idle" })}[5m]))`;
const DISK = `${series("node_filesystem_avail_bytes")} / ${series("node_filesystem_size_bytes")}`;
const DATA = `${series("disk_free_bytes")} / ${series("disk_size_bytes")}`;

export const hostAlerts: readonly Alert[] = [
  {
    name: "HighHostMemoryUsage",
    when: { value: MEMORY, is: ">", threshold: 0.8 },
    for: "5m",
    severity: "warning",
    component: "host",
    team: "platform",
    summary: "More than 80 % of a machine's memory is in use",
    description:
      "{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is in use, for 5 minutes.",
    runbook: {
      meaning: "Less than a fifth of the memory can still be given to processes.",
      impact: "With none left the kernel ends the largest process: PostgreSQL or a service.",
      diagnosis: [
        {
          look: "Which service grows?",
          command: ask("sum by (job, instance) (process_resident_memory_bytes)"),
        },
        { look: "Which process is it?", command: "ps -A -o rss,comm --sort=-rss | head -n 5" },
      ],
      remedy: ["Restart what has grown and keep a heap profile of it; else give the machine more memory."],
    },
    window: 1,
    proof: {
      inputs: [
        { series: 'node_memory_MemAvailable_bytes{instance="a"}', firing: 190, under: 210 },
        { series: 'node_memory_MemTotal_bytes{instance="a"}', firing: 1_000, under: 1_000 },
      ],
      says: "81% of the memory of a is in use, for 5 minutes.",
      labels: { instance: "a" },
    },
  },
  {
    name: "HighHostCpuUsage",
    when: { value: CPU, is: ">", threshold: 0.8 },
    for: "10m",
    severity: "warning",
    component: "host",
    team: "platform",
    summary: "A machine's processors are busy more than 80 % of the time",
    description:
      "The processors of {{ $labels.instance }} are busy {{ $value | humanizePercentage }} of the time, for 10 minutes.",
    runbook: {
      meaning: "Less than a fifth of the machine's processor time is left.",
      impact: "Latency grows; checks of health come late.",
      diagnosis: [
        {
          look: "Which service?",
          command: ask("sum by (job, instance) (rate(process_cpu_user_seconds_total[5m]))"),
        },
        { look: "Which process is it?", command: "ps -A -o %cpu,comm --sort=-%cpu | head -n 5" },
      ],
      remedy: ["Wanted traffic: add a replica on another machine. Else end what does not belong there."],
    },
    window: 5,
    proof: {
      inputs: [
        { series: 'node_cpu_seconds_total{instance="a", cpu="0", mode="idle"}', firing: 11.4, under: 12.6 },
        { series: 'node_cpu_seconds_total{instance="a", cpu="0", mode="user"}', firing: 48.6, under: 47.4 },
      ],
      settles: 1,
      says: "The processors of a are busy 81% of the time, for 10 minutes.",
      labels: { instance: "a" },
    },
  },
  {
    name: "LowHostDiskSpace",
    when: { value: DISK, is: "<", threshold: 0.2 },
    for: "5m",
    severity: "warning",
    component: "host",
    team: "platform",
    summary: "Less than 20 % of a disk is free",
    description:
      "{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} at {{ $labels.instance }} is free, for 5 minutes.",
    runbook: {
      meaning: "A file system has little room left.",
      impact: "A full disk stops PostgreSQL and the log files; calls are then refused.",
      diagnosis: [
        { look: "How fast does it fill?", command: ask("deriv(node_filesystem_avail_bytes[1h])") },
        { look: "What takes the room?", command: "du -xh --max-depth=2 / | sort -h | tail -n 15" },
      ],
      remedy: [
        "Log files: lower `logging.files.maxTotalSize`. Events: shorten retention. Else a larger disk.",
      ],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'node_filesystem_avail_bytes{instance="a", device="d", fstype="ext4", mountpoint="/"}',
          firing: 190,
          under: 210,
        },
        {
          series: 'node_filesystem_size_bytes{instance="a", device="d", fstype="ext4", mountpoint="/"}',
          firing: 1_000,
          under: 1_000,
        },
      ],
      says: "19% of / at a is free, for 5 minutes.",
      labels: { instance: "a", device: "d", fstype: "ext4", mountpoint: "/" },
    },
  },
  {
    name: "LowDataDiskSpace",
    when: { value: DATA, is: "<", threshold: 0.2 },
    for: "5m",
    severity: "critical",
    component: "host",
    team: "platform",
    summary: "Less than 20 % of a service's own disk is free",
    description:
      "{{ $value | humanizePercentage }} of the disk of the directory {{ $labels.directory }} of {{ $labels.job }} {{ $labels.instance }} is free, for 5 minutes.",
    runbook: {
      meaning: "The disk on which a service keeps its data has little room left.",
      impact: "Audit events that PostgreSQL does not take wait there: with the disk full, calls are refused.",
      diagnosis: [
        { look: "Do events wait on the disk?", command: ask("sark_audit_spool_bytes") },
        { look: "How large are log files?", command: ask("sark_log_files_bytes") },
        { look: "What takes the room?", command: "du -h --max-depth=2 .sark | sort -h | tail" },
      ],
      remedy: [
        "Events wait: bring PostgreSQL back, they are written then.",
        "Log files: lower `logging.files.maxTotalSize`.",
      ],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'disk_free_bytes{job="sark-gateway", instance="a", directory="data"}',
          firing: 190,
          under: 210,
        },
        {
          series: 'disk_size_bytes{job="sark-gateway", instance="a", directory="data"}',
          firing: 1_000,
          under: 1_000,
        },
      ],
      says: "19% of the disk of the directory data of sark-gateway a is free, for 5 minutes.",
      labels: { job: "sark-gateway", instance: "a", directory: "data" },
    },
  },
];
