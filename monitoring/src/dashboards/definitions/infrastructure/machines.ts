import { rate, share } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { thresholdOf } from "../terms/thresholds.ts";

const NODE = { job: "node" } as const;
const idle = rate(series("node_cpu_seconds_total", { ...NODE, mode: "idle" }));
const available = `max by (instance) (${series("node_memory_MemAvailable_bytes", NODE)})`;
const memory = `max by (instance) (${series("node_memory_MemTotal_bytes", NODE)})`;
const free = `max by (instance, mountpoint) (${series("node_filesystem_avail_bytes", NODE)})`;
const size = `max by (instance, mountpoint) (${series("node_filesystem_size_bytes", NODE)})`;

/** Part of something that is in use, with a line where its alert fires. */
function inUse(panel: {
  readonly title: string;
  readonly description: string;
  readonly free: string;
  readonly legend: string;
  readonly alert: string;
  readonly limit: number;
}) {
  const { title, description, free: part, legend, alert, limit } = panel;
  return timeSeries({
    title,
    description: `${description} The line is where an alert fires.`,
    unit: "percentunit",
    max: 1,
    queries: [{ expr: `1 - ${part}`, legend }],
    steps: [
      { from: null, color: "green" },
      { from: limit, color: "red" },
    ],
    links: [runbook(alert)],
    width: 8,
    height: 8,
  });
}

export const machinesSection: Section = {
  title: "Machines",
  panels: [
    inUse({
      title: "Processors in Use",
      description: "Part of the time of all processors of a machine in which they worked.",
      free: `avg by (instance) (${idle})`,
      legend: "{{instance}}",
      alert: "HighHostCpuUsage",
      limit: thresholdOf("HighHostCpuUsage"),
    }),
    inUse({
      title: "Memory in Use",
      description: "Part of a machine's memory that processes cannot get without swapping.",
      free: share(available, memory),
      legend: "{{instance}}",
      alert: "HighHostMemoryUsage",
      limit: thresholdOf("HighHostMemoryUsage"),
    }),
    inUse({
      title: "Disks in Use",
      description:
        "Part of each disk that is in use. Where one with audit events is full, calls are refused.",
      free: share(free, size),
      legend: "{{instance}} {{mountpoint}}",
      alert: "LowHostDiskSpace",
      // That alert is about what is free.
      limit: 1 - thresholdOf("LowHostDiskSpace"),
    }),
  ],
};
