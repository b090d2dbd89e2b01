import type { Catalog, MetricDefinition } from "./catalog.ts";
import type { LabelDefinition } from "./labels.ts";

/** The catalog as a markdown page, one section per metric in order of name; the same input gives the same bytes. */
export function renderMetricsReference(catalog: Catalog): string {
  const names = Object.keys(catalog).toSorted();
  const sections = names.map((name) => section(name, catalog[name] as MetricDefinition));
  return `# Metrics\n\n${names.length} metrics. Label values beyond a bound or list are recorded as \`other\`, missing ones as \`none\`.\n\n${sections.join("\n")}`;
}

function section(name: string, metric: MetricDefinition): string {
  const lines = [`## \`${name}\``, "", metric.help, "", `- Type: ${metric.type}`, `- Unit: ${metric.unit}`];
  if (metric.type === "histogram") {
    lines.push(`- Buckets: ${metric.buckets.join(", ")}`);
  }
  if (metric.maxSeries !== undefined) {
    lines.push(`- Series: up to ${metric.maxSeries} in all`);
  }
  const labels = Object.entries(metric.labels ?? {});
  if (labels.length === 0) {
    return [...lines, "- Labels: none", ""].join("\n");
  }
  const rows = labels.map(([label, definition]) => `| \`${label}\` | ${values(definition)} |`);
  return [...lines, "", "| label | values |", "|---|---|", ...rows, ""].join("\n");
}

function values(label: LabelDefinition): string {
  switch (label.kind) {
    case "oneOf":
      return label.values.map((value) => `\`${value}\``).join(", ");
    case "introduced":
      return `up to ${label.max} names that are known: configured, listed, or of a call that succeeded`;
    case "bounded":
      return `up to ${label.max} distinct values${label.reserved.length === 0 ? "" : ` beside ${label.reserved.map((value) => `\`${value}\``).join(", ")}`}`;
  }
}
