import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";

const DAY = 86_400;

/** What it will be, if it goes on as in the window; not below nothing. */
function forecast(selector: string, window: "6h" | "1d" | "7d", days: number): string {
  return `clamp_min(predict_linear(${selector}[${window}], ${days * DAY}), 0)`;
}

const free = forecast(series("node_filesystem_avail_bytes", { job: "node" }), "6h", 3);
const size = series("node_filesystem_size_bytes", { job: "node" });
const pods = forecast(series("kube_horizontalpodautoscaler_status_current_replicas"), "7d", 7);

export const capacitySection: Section = {
  title: "Forecasts",
  panels: [
    timeSeries({
      title: "Disk Free in 3 Days",
      description:
        "Part of each disk that is free in 3 days, if it goes on filling as in the last 6 hours. At 0 it is full by then.",
      unit: "percentunit",
      max: 1,
      queries: [
        { expr: `max by (instance, mountpoint) (${free} / ${size})`, legend: "{{instance}} {{mountpoint}}" },
      ],
      legend: "table",
      links: [runbook("HostDiskFullSoon")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Size of Databases in 30 Days",
      description:
        "If they go on growing as in the last day. Compare it with the disk before you need a larger one.",
      unit: "bytes",
      queries: [
        {
          expr: `max by (instance, datname) (${forecast(series("pg_database_size_bytes"), "1d", 30)})`,
          legend: "{{instance}} {{datname}}",
        },
      ],
      legend: "table",
      links: [runbook("HostDiskFullSoon")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Redis Memory in 1 Day",
      description: "Memory of data in a day, if it goes on as in the last 6 hours.",
      unit: "bytes",
      queries: [
        {
          expr: `max by (instance) (${forecast(series("redis_memory_used_bytes"), "6h", 1)})`,
          legend: "{{instance}}",
        },
      ],
      links: [runbook("RedisMemoryHigh")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Pods in 7 Days, Part of the Maximum",
      description:
        "By the trend of the last 7 days. From 100 % on, raise `maxReplicas` and see that the nodes have room.",
      unit: "percentunit",
      queries: [
        {
          expr: `max by (namespace, horizontalpodautoscaler) (${pods} / ${series("kube_horizontalpodautoscaler_spec_max_replicas")})`,
          legend: "{{namespace}}/{{horizontalpodautoscaler}}",
        },
      ],
      legend: "table",
      links: [runbook("AutoscalerAtMaximum")],
      width: 12,
      height: 9,
    }),
  ],
};
