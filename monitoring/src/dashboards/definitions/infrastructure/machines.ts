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

/** A line where the alert fires. */
function lineAt(inUse: number) {
  return [
    { from: null, color: "green" },
    { from: inUse, color: "red" },
  ] as const;
}

export const machinesSection: Section = {
  title: "Machines",
  panels: [
    timeSeries({
      title: "Processors in Use",
      description:
        "Part of the time of all processors of a machine in which they worked. The line is where an alert fires.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: `1 - avg by (instance) (${idle})`, legend: "{{instance}}" }],
      steps: lineAt(thresholdOf("HighHostCpuUsage")),
      links: [runbook("HighHostCpuUsage")],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Memory in Use",
      description:
        "Part of a machine's memory that processes cannot get without swapping. The line is where an alert fires.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: `1 - ${share(available, memory)}`, legend: "{{instance}}" }],
      steps: lineAt(thresholdOf("HighHostMemoryUsage")),
      links: [runbook("HighHostMemoryUsage")],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Disks in Use",
      description:
        "Part of each disk that is in use. Where one with audit events is full, calls are refused. The line is where an alert fires.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: `1 - ${share(free, size)}`, legend: "{{instance}} {{mountpoint}}" }],
      // That alert is about what is free.
      steps: lineAt(1 - thresholdOf("LowHostDiskSpace")),
      links: [runbook("LowHostDiskSpace")],
      width: 8,
      height: 8,
    }),
  ],
};
