import { difference } from "./difference.ts";
import { manifests } from "./manifests/all.ts";
import { cloudWatchAgent } from "./manifests/cloudwatch.ts";
import { DASHBOARDS } from "./manifests/monitoring.ts";
import { nodeExporter } from "./manifests/node-exporter.ts";
import { serviceMonitors } from "./manifests/operator.ts";
import { namespace, type Manifest, type Namespace } from "./manifests/parts.ts";
import { ENVIRONMENTS, type Values } from "./values.ts";

const K8S = "deployment/monitoring/k8s";
const NAMESPACE: Namespace = { name: "sark", of: (name) => `sark-${name}` };
/** Of what sees the machines. */
const NODES = NAMESPACE.of("nodes");
const [BASE] = ENVIRONMENTS;

/** Documents of each file that kustomize reads, by its path from the root. */
export function kustomizeFiles(): Record<string, readonly object[]> {
  const files = manifests(BASE, NAMESPACE);
  const folders = Object.entries(files).flatMap(([folder, documents]) => [
    [`${folder}/kustomization.yaml`, [resources(...Object.keys(documents).map((name) => `${name}.yaml`))]],
    ...Object.entries(documents).map(([name, list]) => [`${folder}/${name}.yaml`, list]),
  ]) as [string, readonly object[]][];
  const all: [string, readonly object[]][] = [
    ...folders,
    ["base/kustomization.yaml", [base()]],
    ["operator/service-monitors.yaml", serviceMonitors()],
    [
      "operator/kustomization.yaml",
      // A ServiceMonitor finds services of its own namespace.
      [
        {
          ...resources("service-monitors.yaml", "../../../../monitoring/prometheus"),
          namespace: NAMESPACE.name,
        },
      ],
    ],
    ...onNodes("nodes", "node-exporter.yaml", [nodeExporter(BASE)]),
    ...onNodes("cloudwatch", "agent.yaml", cloudWatchAgent()),
    ...ENVIRONMENTS.flatMap((values) => overlay(values)),
  ];
  return {
    ...Object.fromEntries(all.map(([path, documents]) => [`${K8S}/${path}`, documents])),
    "deployment/monitoring/configs/kustomization.yaml": [configurations()],
    "monitoring/kustomization.yaml": [rulesAndDashboards()],
    "monitoring/prometheus/kustomization.yaml": [resources("prometheus-rule.yaml")],
  };
}

/** A folder of what runs on every machine, in the namespace for that. */
function onNodes(folder: string, file: string, documents: readonly object[]): [string, readonly object[]][] {
  return [
    [`${folder}/namespace.yaml`, [namespace(NODES, "privileged")]],
    [`${folder}/${file}`, documents],
    [`${folder}/kustomization.yaml`, [{ ...resources("namespace.yaml", file), namespace: NODES }]],
  ];
}

function base(): object {
  return {
    ...resources("../services", "../monitoring", "../../configs", "../../../../monitoring"),
    configMapGenerator: [{ name: "sark-environment", literals: [`name=${BASE.environment}`] }],
  };
}

/** One environment: its name, by which containers find their settings, and what differs from the base. */
function overlay(values: Values): [string, readonly object[]][] {
  const folder = `overlays/${values.environment}`;
  return [
    [
      `${folder}/kustomization.yaml`,
      [
        {
          ...resources("namespace.yaml", "../../base"),
          namespace: NAMESPACE.name,
          configMapGenerator: [
            { name: "sark-environment", behavior: "replace", literals: [`name=${values.environment}`] },
          ],
          patches: patches(values).map((patch) => ({ patch: JSON.stringify(patch, null, 2) })),
        },
      ],
    ],
    [`${folder}/namespace.yaml`, [namespace(NAMESPACE.name, "restricted")]],
  ];
}

function patches(values: Values): object[] {
  const flat = (of: Values): Manifest[] =>
    Object.values(manifests(of, NAMESPACE)).flatMap((folder) => Object.values(folder).flat());
  const after = flat(values);
  return flat(BASE).flatMap((before, at) => {
    const changed = difference(before, after[at]);
    const { apiVersion, kind, metadata } = before;
    return changed === undefined
      ? []
      : [{ apiVersion, kind, metadata: { name: metadata.name }, ...(changed as object) }];
  });
}

const FILES = ENVIRONMENTS.map(({ environment }) => environment);

function configurations(): object {
  const each = (folder: string, suffix: string) => FILES.map((name) => `${folder}/${name}.${suffix}`);
  return generated({
    prometheus: each("prometheus", "yml"),
    alertmanager: each("alertmanager", "yml"),
    grafana: ["grafana/datasources.yml", "grafana/dashboards.yml"],
    blackbox: ["blackbox/blackbox.yml"],
    "gateway-settings": each("gateway", "json"),
    "metrics-service-settings": each("metrics-service", "json"),
  });
}

/** The files of `monitoring/` themselves: there is no second copy of a rule or a dashboard. */
function rulesAndDashboards(): object {
  return generated({
    "sark-rules": ["prometheus/rules/gateway-alerts.yaml"],
    "sark-alerts": [
      "business_alerts",
      "gateway_alerts",
      "infrastructure_alerts",
      "metrics_service_alerts",
      "monitoring_alerts",
      "security_alerts",
      "slo_alerts",
    ].map((name) => `prometheus/alerts/${name}.yml`),
    "alertmanager-templates": ["alertmanager/templates/sark.tmpl"],
    ...Object.fromEntries(
      DASHBOARDS.map((name) => [`dashboard-${name}`, [`grafana/dashboards/${name}.json`]]),
    ),
  });
}

function resources(...paths: readonly string[]): object {
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: paths };
}

function generated(configMaps: Readonly<Record<string, readonly string[]>>): object {
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    configMapGenerator: Object.entries(configMaps).map(([name, files]) => ({ name, files })),
  };
}
