import type { LabelDefinition, Unit } from "@sark/observability/metrics";

type Labels = Readonly<Record<string, LabelDefinition>>;

/** A gauge as an exporter exposes it. */
export function gauge(help: string, unit?: Unit): { type: "gauge"; help: string; unit: Unit };
export function gauge<const L extends Labels>(
  help: string,
  unit: Unit,
  labels: L,
): { type: "gauge"; help: string; unit: Unit; labels: L };
export function gauge(help: string, unit: Unit = "1", labels?: Labels) {
  return { type: "gauge" as const, help, unit, ...(labels === undefined ? {} : { labels }) };
}

/** A counter as an exporter exposes it, whatever type it gives it: some expose counters without one. */
export function counter(help: string, unit?: Unit): { type: "counter"; help: string; unit: Unit };
export function counter<const L extends Labels>(
  help: string,
  unit: Unit,
  labels: L,
): { type: "counter"; help: string; unit: Unit; labels: L };
export function counter(help: string, unit: Unit = "1", labels?: Labels) {
  return { type: "counter" as const, help, unit, ...(labels === undefined ? {} : { labels }) };
}
