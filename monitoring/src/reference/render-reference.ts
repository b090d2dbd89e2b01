import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dirname, relative } from "node:path";
import { SOURCES, type Job } from "../catalog/sources.ts";
import { targetsOfPanel } from "../dashboards/checks/queries-of.ts";
import { DASHBOARDS } from "../dashboards/dashboards.ts";
import { ENVIRONMENTS } from "../environments/environments.ts";
import { RULE_FILES } from "../rules/rule-files.ts";
import { usesOf } from "./uses-of.ts";

/** One page: what it is called, where it stands, and whose metrics it has. */
interface Reference {
  readonly title: string;
  readonly path: string;
  readonly job: Job;
  /** The page with labels, buckets and example queries of each metric. */
  readonly details: string;
  dashboards(path: string): boolean;
}

const PAGES: readonly Reference[] = [
  {
    title: "Metrics of the gateway",
    path: "docs/monitoring/gateway/METRICS_REFERENCE.md",
    job: "sark-gateway",
    details: "docs/reference/metrics.md",
    dashboards: (path) => !path.includes("metrics-service"),
  },
  {
    title: "Metrics of the metrics service",
    path: "docs/monitoring/metrics-service/METRICS_REFERENCE.md",
    job: "sark-metrics",
    details: "docs/reference/metrics-service/metrics.md",
    dashboards: (path) => path.includes("metrics-service"),
  },
];

/** The pages of metrics, panels, aggregation and retention, by their paths from the root. */
export function renderReferences(): Record<string, string> {
  return Object.fromEntries(PAGES.map((page) => [page.path, render(page)]));
}

function render(page: Reference): string {
  const dashboards = Object.entries(DASHBOARDS).filter(([path]) => page.dashboards(path));
  return `# ${page.title}

Generated from the metric catalogs and \`monitoring/src\` by \`npm run generate\`; do not edit.

- [Every metric](#every-metric), with where its labels, buckets and example queries stand
- [Aggregation](#aggregation), [retention](#retention)
- [Panels](#panels) and the queries that they ask

## Every metric

${table(["metric", "type", "for", "asked for by"], metricsOf(page))}

## Aggregation

Counters are \`rate\`d over a window of at least four scrapes, then summed, in this order: a sum of counters loses the restart of one
replica. Percentiles are taken of summed buckets (\`histogram_quantile(0.95, sum by (le) (rate(…_bucket[5m])))\`), never averaged. Ratios divide sums.
Gauges of one replica are summed over replicas, those of the database (\`backlog\`, sizes of the audit log) are the same at each: take \`max\`.

These rules keep what several alerts ask for, each ${intervals()}:

${table(["kept as", "of"], recordings())}

## Retention

${table(
  ["environment", "scraped every", "raw samples are kept for"],
  ENVIRONMENTS.map(({ name, interval, retention }) => [name, interval, retention]),
)}

For longer, let Prometheus write to a remote store; what leaves it has the label \`environment\`. The audit log has each call exactly, for as long as
\`audit.retention\` says: \`query-metrics\` asks it.

## Panels

${dashboards.map(([path, dashboard]) => section(path, dashboard, page.path)).join("\n")}`;
}

function metricsOf({ job, details, path }: Reference): string[][] {
  const page = relative(dirname(path), details);
  return Object.entries(SOURCES[job])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type, question, help }]) => [
      `[\`${name}\`](${page}#${name})`,
      type,
      question ?? help,
      usesOf(name, job)
        .map(({ title }) => title)
        .join(", "),
    ]);
}

function recordings(): string[][] {
  return RULE_FILES.flatMap(({ groups }) =>
    groups.flatMap(({ recordings: kept = [] }) =>
      kept.map(({ record, expr, labels = {} }) => [
        `\`${record}\`${Object.entries(labels)
          .map(([label, value]) => ` ${label}=${value}`)
          .join(",")}`,
        `\`${expr}\``,
      ]),
    ),
  );
}

const intervals = (): string => ENVIRONMENTS.map(({ name, interval }) => `${interval} (${name})`).join(", ");

function section(path: string, { title = "", panels = [] }: Dashboard, page: string): string {
  const rows = panels
    .filter((panel): panel is Panel => panel.type !== "row")
    .map((panel) => [
      panel.title ?? "",
      panel.type,
      panel.fieldConfig?.defaults.unit ?? "",
      targetsOfPanel(panel)
        .map(({ expr }) => `\`${expr}\``)
        .join("<br>"),
    ]);
  return `### ${title}

File: [\`${path}\`](${relative(dirname(page), path)}).

${table(["panel", "kind", "unit", "queries"], rows)}
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // A bar would end the cell, in code as well.
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");
}
