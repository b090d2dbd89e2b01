import { parse, stringify } from "yaml";
import type { RuleFile } from "../domain/alert.ts";
import { renderRules } from "./render-rules.ts";

interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly object[] }[];
}

function groupsOf(files: readonly RuleFile[]): Groups["groups"] {
  return files.flatMap((file) => (parse(renderRules(file)) as Groups).groups);
}

/** For the Prometheus operator. It loads the rules of objects whose labels its selector names: change them to yours. */
export function renderPrometheusRule(files: readonly RuleFile[]): string {
  const text = stringify(
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name: "sark", labels: { "app.kubernetes.io/name": "sark", release: "prometheus" } },
      spec: { groups: groupsOf(files) },
    },
    { lineWidth: 0 },
  );
  return `# Generated from monitoring/src by \`npm run generate\`: edit it there. The labels are those that your Prometheus selects.\n${text}`;
}

/** As a mixin, which others combine: JSON is Jsonnet. */
export function renderMixin(files: readonly RuleFile[]): string {
  const groups = groupsOf(files);
  const isAlert = (rule: object): boolean => "alert" in rule;
  const only = (keep: (rule: object) => boolean) =>
    groups
      .map(({ name, rules }) => ({ name, rules: rules.filter(keep) }))
      .filter(({ rules }) => rules.length > 0);
  return `// Generated from monitoring/src by \`npm run generate\`: edit it there.
{
  prometheusAlerts+:: ${JSON.stringify({ groups: only(isAlert) }, null, 2)},
  prometheusRules+:: ${JSON.stringify({ groups: only((rule) => !isAlert(rule)) }, null, 2)},
}
`;
}
