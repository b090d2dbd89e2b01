import type { Job } from "../catalog/sources.ts";
import { queriesOf } from "../dashboards/checks/queries-of.ts";
import { DASHBOARDS } from "../dashboards/dashboards.ts";
import { selectorsOf } from "../promql/selectors-of.ts";
import { expressionOf } from "../rules/expression.ts";
import { RULE_FILES } from "../rules/rule-files.ts";
import { runbookUrl } from "../rules/runbook-url.ts";

/** A place that asks for a metric. */
export interface MetricUse {
  readonly kind: "dashboard" | "alert" | "recording";
  /** Title of the dashboard, or name of the rule. */
  readonly title: string;
  /** Path from the root of the repository, of an alert with the anchor of its runbook. */
  readonly path: string;
  /** Panels of the dashboard. */
  readonly panels: readonly string[];
}

/** Which dashboards, alerts and recordings ask for the metric as this job exposes it; in the order of their files. */
export function usesOf(metric: string, job: Job): MetricUse[] {
  return [...ofDashboards(metric, job), ...ofRules(metric, job)];
}

function ofDashboards(metric: string, job: Job): MetricUse[] {
  return Object.entries(DASHBOARDS).flatMap(([path, dashboard]) => {
    const panels = queriesOf(dashboard)
      .filter(({ expr }) => asksFor(expr, metric, job))
      // `Panel A`: the letter is that of the query.
      .map(({ where }) => where.replace(/ [A-Z]$/, ""));
    const title = dashboard.title ?? path;
    return panels.length === 0 ? [] : [{ kind: "dashboard", title, path, panels: [...new Set(panels)] }];
  });
}

const GROUPS = RULE_FILES.flatMap(({ path, groups }) => groups.map((group) => ({ path, ...group })));
const RECORDINGS = new Map(
  GROUPS.flatMap(({ recordings = [] }) => recordings.map(({ record, expr }) => [record, expr] as const)),
);

function ofRules(metric: string, job: Job): MetricUse[] {
  return GROUPS.flatMap(({ path, alerts, recordings = [] }): MetricUse[] => [
    ...recordings
      .filter(({ expr }) => asksFor(expr, metric, job))
      .map(({ record }) => ({ kind: "recording" as const, title: record, path, panels: [] })),
    ...alerts
      .filter(({ when }) => asksFor(expressionOf(when), metric, job))
      .map(({ name }) => ({ kind: "alert" as const, title: name, path: runbookUrl(name), panels: [] })),
  ]);
}

/** Whether a query reads the metric, itself or by a recording. */
function asksFor(expr: string, metric: string, job: Job): boolean {
  return selectorsOf(expr).some((selector) => {
    const [name = ""] = /^[\w:]+/.exec(selector) ?? [];
    const recording = RECORDINGS.get(name);
    if (recording !== undefined) {
      return asksFor(recording, metric, job);
    }
    const [, asked] = /\bjob="([^"$]+)"/.exec(selector) ?? [];
    return (
      (name === metric || name.replace(/_(?:bucket|sum|count)$/, "") === metric) &&
      (asked === undefined || asked === job)
    );
  });
}
