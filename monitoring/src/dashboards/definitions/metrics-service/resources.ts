import { rate, share } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { BuiltPanel } from "../../panels/panel.ts";
import { allRunbooks } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";

const HOST = { job: "node", instance: "$instance" } as const;
const idle = rate(series("node_cpu_seconds_total", { ...HOST, mode: "idle" }));
const available = series("node_memory_MemAvailable_bytes", HOST);
const total = series("node_memory_MemTotal_bytes", HOST);

export const resourcePanels: readonly BuiltPanel[] = [
  timeSeries({
    title: "System Resource Usage",
    description:
      "Part of processors and memory that is in use on each machine, from the node exporter. The lines are where memory and processors need a look.",
    unit: "percentunit",
    max: 1,
    queries: [
      { expr: `1 - avg by (instance) (${idle})`, legend: "{{instance}} CPU" },
      {
        expr: `1 - ${share(`max by (instance) (${available})`, `max by (instance) (${total})`)}`,
        legend: "{{instance}} memory",
      },
    ],
    legend: "table",
    steps: [
      { from: null, color: "green" },
      { from: 0.8, color: "yellow" },
      { from: 0.9, color: "red" },
    ],
    links: [allRunbooks()],
    width: 12,
    height: 9,
  }),
];
