import { stringify } from "yaml";
import { manifests } from "./manifests/all.ts";
import { cloudWatchAgent } from "./manifests/cloudwatch.ts";
import { nodeExporter } from "./manifests/node-exporter.ts";
import { serviceMonitors } from "./manifests/operator.ts";
import { namespace, type Manifest, type Namespace } from "./manifests/parts.ts";
import { ENVIRONMENTS, type Values } from "./values.ts";

const CHART = "deployment/monitoring/helm/sark";
/** These are put in as a whole. */
const WHOLE = new Set(["resources"]);
const NODE_EXPORTER = "and .Values.monitoring.enabled .Values.nodeExporter.enabled";
const NAMESPACE: Namespace = {
  name: "<<.Release.Namespace>>",
  of: (name) => `<<printf "%s-${name}" .Release.Namespace>>`,
};
/** Pods start again when what they read at the start has changed. */
const CONFIGURATION = 'include "sark.configuration" . | sha256sum';
/** By their paths, in their order: files of several folders have one name. */
const CHECKSUMS = `{{- define "sark.configuration" -}}
{{- range $path, $file := .Files.Glob "files/**" }}
{{ $path }} {{ $file | toString | sha256sum }}
{{- end }}
{{- end }}
`;

/** Text of each file of the chart: the same manifests as kustomize has, with its values as Helm's. */
export function helmFiles(): Record<string, string> {
  const [first, ...others] = ENVIRONMENTS;
  const values = {
    ...first,
    monitoring: { enabled: true },
    nodeExporter: { enabled: true },
    operator: { enabled: false },
    cloudwatch: { enabled: false },
  };
  const { services, monitoring } = manifests(references(first), NAMESPACE, {
    "sark/configuration": `<<${CONFIGURATION}>>`,
  });
  const files: Record<string, string> = {
    "Chart.yaml": stringify({
      apiVersion: "v2",
      name: "sark",
      description: "The SARK gateway and metrics service, with what watches them",
      type: "application",
      version: "0.1.0",
      appVersion: "0.1.0",
      kubeVersion: ">=1.27.0-0",
    }),
    "values.yaml": stringify(values),
    "templates/environment.yaml": template([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "sark-environment" },
        data: { name: "<<.Values.environment>>" },
      },
    ]),
    "templates/_configuration.tpl": CHECKSUMS,
    "templates/configurations.yaml": CONFIGURATIONS,
    "templates/operator.yaml": when(
      ".Values.operator.enabled",
      `${template(serviceMonitors())}---\n{{ .Files.Get "files/prometheus-rule.yaml" }}\n`,
    ),
    "templates/nodes.yaml": when(
      `or (${NODE_EXPORTER}) .Values.cloudwatch.enabled`,
      template([namespace(NAMESPACE.of("nodes"), "privileged")]),
    ),
    "templates/node-exporter.yaml": when(NODE_EXPORTER, template(onNodes([nodeExporter(references(first))]))),
    "templates/cloudwatch.yaml": when(".Values.cloudwatch.enabled", template(onNodes(cloudWatchAgent()))),
  };
  for (const other of others) {
    files[`values-${other.environment}.yaml`] = stringify(other);
  }
  for (const [name, list] of Object.entries(services)) {
    files[`templates/${name}.yaml`] = template(list);
  }
  for (const [name, list] of Object.entries(monitoring)) {
    files[`templates/${name}.yaml`] = when(".Values.monitoring.enabled", template(list));
  }
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${CHART}/${path}`, text]));
}

/** In the namespace of what sees the machines. */
const onNodes = (documents: readonly Manifest[]): Manifest[] =>
  documents.map((document) => ({
    ...document,
    metadata: { ...document.metadata, namespace: NAMESPACE.of("nodes") },
  }));

/** Values in whose place a template says where Helm finds them. */
function references(values: Values): Values {
  const of = (value: unknown, path: string): unknown =>
    typeof value === "object" && value !== null && !WHOLE.has(path.replace(/^.*\./, ""))
      ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, of(part, `${path}.${key}`)]))
      : `<<${path}>>`;
  return of(values, ".Values") as Values;
}

/** JSON is YAML: so text, numbers and whole sections are put in by one way. */
function template(documents: readonly object[]): string {
  return documents
    .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
    .map((text) =>
      text.replaceAll(/["']?<<(.+?)>>["']?/g, (_all, path: string) => `{{ ${unquoted(path)} | toJson }}`),
    )
    .join("---\n");
}

/** YAML may have put it into double quotes. */
const unquoted = (path: string) => path.replaceAll('\\"', '"');

function when(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

const configMap = (name: string, files: string) =>
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
{{ (.Files.Glob "files/${files}").AsConfig | indent 2 }}
`;

/** `files/` leads to the files of this repository; `helm package` takes them along. */
const CONFIGURATIONS = [
  configMap("gateway-settings", "configs/gateway/*"),
  configMap("metrics-service-settings", "configs/metrics-service/*"),
  `{{- if .Values.monitoring.enabled }}\n${configMap("prometheus", "configs/prometheus/*")}`,
  configMap("alertmanager", "configs/alertmanager/*"),
  configMap("alertmanager-templates", "templates/*"),
  configMap("grafana", "configs/grafana/*"),
  configMap("blackbox", "configs/blackbox/*"),
  configMap("sark-rules", "rules/*"),
  configMap("sark-alerts", "alerts/*"),
  `{{- range $path, $_ := .Files.Glob "files/dashboards/*" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: dashboard-{{ base $path | trimSuffix ".json" }}
data:
  {{ base $path }}: {{ $.Files.Get $path | toJson }}
{{- end }}
{{- end }}
`,
].join("---\n");
