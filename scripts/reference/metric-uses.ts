import { usesOf, type MetricUse } from "@sark/monitoring";

/** Where a metric is used, a line of markdown each, with links from a page that is so far below the root. */
export function linesOfUses(metric: string, job: "sark-gateway" | "sark-metrics", root: string): string[] {
  return usesOf(metric, job).map((use) => lineOf(use, root));
}

function lineOf({ kind, title, path, panels }: MetricUse, root: string): string {
  const link = kind === "recording" ? `[\`${title}\`](${root}/${path})` : `[${title}](${root}/${path})`;
  return panels.length === 0 ? `${kind} ${link}` : `${kind} ${link}: ${panels.join(", ")}`;
}
