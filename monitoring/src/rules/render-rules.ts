import { stringify } from "yaml";
import type { Alert, RuleFile } from "../domain/alert.ts";
import { expressionOf } from "./expression.ts";
import { runbookUrl } from "./runbook-url.ts";

const NOTE = " Generated from monitoring/src by `npm run generate`: edit it there.";

/** A file of rules as Prometheus loads it. */
export function renderRules(file: RuleFile): string {
  return `#${NOTE}\n${stringify(
    {
      groups: file.groups.map(({ name, recordings = [], alerts }) => ({
        name,
        rules: [
          ...recordings.map(({ record, expr, labels }) => ({
            record,
            expr,
            ...(labels === undefined ? {} : { labels }),
          })),
          ...alerts.map(ruleOf),
        ],
      })),
    },
    { lineWidth: 0 },
  )}`;
}

function ruleOf(alert: Alert): object {
  return {
    alert: alert.name,
    expr: expressionOf(alert.when),
    ...(alert.for === "0m" ? {} : { for: alert.for }),
    labels: labelsOfAlert(alert),
    annotations: annotationsOf(alert, alert.description),
  };
}

export function labelsOfAlert({ severity, component, team, labels }: Alert): Record<string, string> {
  return { severity, component, team, ...labels };
}

export function annotationsOf(alert: Alert, description: string): Record<string, string> {
  return { summary: alert.summary, description, runbook_url: runbookUrl(alert.name) };
}
