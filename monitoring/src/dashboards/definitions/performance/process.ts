import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { sum } from "../../../promql/expressions.ts";
import { AT, cpu } from "../terms/gateway-queries.ts";

export const processSection: Section = {
  title: "Process",
  panels: [
    timeSeries({
      title: "CPU",
      description:
        "Processor cores that each replica uses. JavaScript itself uses one at most: near 1, add replicas or workers.",
      unit: "short",
      queries: [{ expr: cpu(), legend: "{{instance}}" }],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Memory",
      description: "Memory of each replica in RAM, and of it the heap of JavaScript.",
      unit: "bytes",
      queries: [
        {
          expr: sum(series("process_resident_memory_bytes", AT), "instance"),
          legend: "{{instance}} resident",
        },
        {
          expr: sum(series("nodejs_heap_size_used_bytes", AT), "instance"),
          legend: "{{instance}} heap",
        },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: "Event Loop Delay",
      description:
        "How late timers come, P99: all requests of a replica wait so long. Above 0.1 s it has too much to do.",
      unit: "s",
      queries: [
        {
          expr: sum(series("nodejs_eventloop_lag_p99_seconds", AT), "instance"),
          legend: "{{instance}}",
        },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 0.1, color: "red" },
      ],
      width: 8,
      height: 8,
    }),
  ],
};
