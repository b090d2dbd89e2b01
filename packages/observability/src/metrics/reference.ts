import type { DocumentedCatalog } from "./catalog.ts";
import { exampleQueries } from "./example-queries.ts";
import type { LabelDefinition } from "./labels.ts";

type Documented = DocumentedCatalog[string];

const INTRODUCTION = `Each metric stands here with the question that it is for. Label values that are missing are recorded as \`none\`; what falls into
\`other\` stands beside each label, and is counted in \`observability_label_values_folded_total\`. The queries are where to begin: narrow
them down by \`job\` and \`instance\`.`;

/**
 * The catalog as a markdown page, one section per metric in order of name; the same input gives the same bytes.
 *
 * @param usesOf where a metric is used, a line of markdown for each place; none by default
 */
export function renderMetricsReference(
  catalog: DocumentedCatalog,
  usesOf: (name: string) => readonly string[] = () => [],
): string {
  const names = Object.keys(catalog).toSorted();
  const sections = names.map((name) => section(name, catalog[name] as Documented, usesOf(name)));
  return `# Metrics\n\n${names.length} metrics. ${INTRODUCTION}\n\n${sections.join("\n")}`;
}

function section(name: string, metric: Documented, uses: readonly string[]): string {
  return [
    `## \`${name}\``,
    "",
    `**${metric.question}**`,
    "",
    metric.help,
    "",
    `- Type: ${metric.type}`,
    `- Unit: ${metric.unit}`,
    ...(metric.type === "histogram"
      ? [`- Buckets: ${metric.buckets.join(", ")}. Why these: ${metric.bucketsBecause}`]
      : []),
    ...(metric.maxSeries === undefined
      ? []
      : [
          `- Series: up to ${metric.maxSeries} in all; further combinations have \`other\` in each label without a list`,
        ]),
    ...labels(metric),
    "",
    "```promql",
    ...exampleQueries(name, metric),
    "```",
    "",
    ...(uses.length === 0 ? [] : ["Used by", "", ...uses.map((use) => `- ${use}`), ""]),
  ].join("\n");
}

function labels({ labels: definitions = {} }: Documented): string[] {
  const rows = Object.entries(definitions).map(
    ([label, definition]) => `| \`${label}\` | ${values(definition)} | ${folded(definition)} |`,
  );
  return rows.length === 0
    ? ["- Labels: none"]
    : ["", "| label | values | what becomes `other` |", "|---|---|---|", ...rows];
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

function folded(label: LabelDefinition): string {
  switch (label.kind) {
    case "oneOf":
      return "nothing: the list is closed";
    case "introduced":
      return "names that callers made up, and those beyond the bound";
    case "bounded":
      return "further values, and those of more than 256 characters";
  }
}
