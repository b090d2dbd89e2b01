import { DASHBOARDS as FILES } from "@sark/monitoring";
import type { Values } from "../values.ts";
import {
  claimedVolume,
  configVolume,
  container,
  emptyVolume,
  environmentName,
  labels,
  podSecurity,
  probes,
  scraped,
  secretVolume,
  selector,
  service,
  serviceAccount,
  volumeClaim,
  type Container,
  type Labels,
  type Manifest,
  type Namespace,
} from "./parts.ts";

interface StorePod {
  readonly name: string;
  readonly user: number;
  readonly port: number;
  readonly storage: string;
  readonly container: Omit<Container, "name" | "ports">;
  readonly volumes: readonly object[];
  /** Volumes that it writes to, besides its own. */
  readonly written?: readonly string[];
  readonly annotations: Labels;
  readonly token?: boolean;
  /** Who may come in; without it, pods of the namespace. */
  readonly from?: readonly string[];
}

/** By their names; each has a ConfigMap of its own, as one has room for no more than 1 MiB. */
export const DASHBOARDS: readonly string[] = Object.keys(FILES)
  .map((path) => path.replace(/^.*\/|\.json$/g, ""))
  .toSorted();

export function prometheus(
  { prometheus: values }: Values,
  namespace: Namespace,
  annotations: Labels,
): Manifest[] {
  const name = "prometheus";
  const role = namespace.of(name);
  return [
    ...store({
      name,
      user: 65_534,
      port: 9090,
      storage: values.storage,
      token: true,
      annotations: { ...scraped(9090), ...annotations },
      container: {
        image: values.image,
        args: [
          "--config.file=/etc/prometheus/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          "--storage.tsdb.retention.time=$(RETENTION)",
          "--enable-feature=exemplar-storage",
        ],
        env: [environmentName, { name: "RETENTION", value: values.retention }],
        resources: values.resources,
        probes: probes("/-/healthy", "/-/ready"),
        mounts: [
          ["data", "/prometheus"],
          ["prometheus", "/etc/prometheus/prometheus.yml", { subPathExpr: "$(ENVIRONMENT).yml" }],
          ["rules", "/etc/prometheus/rules"],
          ["alerts", "/etc/prometheus/alerts"],
          ["keys", "/etc/prometheus/secrets"],
        ],
      },
      volumes: [
        configVolume("prometheus"),
        configVolume("rules", "sark-rules"),
        configVolume("alerts", "sark-alerts"),
        secretVolume("keys", "prometheus-keys"),
      ],
    }),
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: role, labels: labels(name) },
      rules: [
        { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: role, labels: labels(name) },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }],
    },
  ];
}

export function alertmanager({ alertmanager: values }: Values, annotations: Labels): Manifest[] {
  return store({
    name: "alertmanager",
    user: 65_534,
    port: 9093,
    storage: values.storage,
    annotations: { ...scraped(9093), ...annotations },
    container: {
      image: values.image,
      args: [
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
        "--cluster.listen-address=",
      ],
      env: [environmentName],
      resources: values.resources,
      probes: probes("/-/healthy", "/-/ready"),
      mounts: [
        ["data", "/alertmanager"],
        ["alertmanager", "/etc/alertmanager/alertmanager.yml", { subPathExpr: "$(ENVIRONMENT).yml" }],
        ["templates", "/etc/alertmanager/templates"],
        ["secrets", "/etc/alertmanager/secrets"],
      ],
    },
    volumes: [
      configVolume("alertmanager"),
      configVolume("templates", "alertmanager-templates"),
      // Development has no way to people, and needs none.
      { name: "secrets", secret: { secretName: "alertmanager-secrets", defaultMode: 0o440, optional: true } },
    ],
  });
}

export function grafana({ grafana: values }: Values, annotations: Labels): Manifest[] {
  const fixed: Labels = {
    GF_SECURITY_ADMIN_PASSWORD__FILE: "/run/secrets/grafana/password",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    PROMETHEUS_URL: "http://prometheus:9090",
    ALERTMANAGER_URL: "http://alertmanager:9093",
    LOKI_URL: "http://loki:3100",
    TEMPO_URL: "http://tempo:3200",
    SCRAPE_INTERVAL: "15s",
  };
  return store({
    name: "grafana",
    user: 472,
    port: 3000,
    storage: values.storage,
    annotations,
    written: ["tmp"],
    container: {
      image: values.image,
      env: Object.entries(fixed).map(([name, value]) => ({ name, value })),
      resources: values.resources,
      probes: probes("/api/health", "/api/health"),
      mounts: [
        ["data", "/var/lib/grafana"],
        ["tmp", "/tmp"],
        ["grafana", "/etc/grafana/provisioning/datasources/sark.yml", { subPath: "datasources.yml" }],
        ["grafana", "/etc/grafana/provisioning/dashboards/sark.yml", { subPath: "dashboards.yml" }],
        ["dashboards", "/var/lib/grafana/dashboards/sark"],
        ["password", "/run/secrets/grafana"],
      ],
    },
    volumes: [
      emptyVolume("tmp", "64Mi", "Memory"),
      configVolume("grafana"),
      // One for each: together they are larger than what `kubectl apply` can remember of an object.
      {
        name: "dashboards",
        projected: { sources: DASHBOARDS.map((name) => ({ configMap: { name: `dashboard-${name}` } })) },
      },
      secretVolume("password", "grafana"),
    ],
  });
}

/** One pod with a volume of its own: a second one could not write to it. */
function store(pod: StorePod): Manifest[] {
  const { name, user, port, storage, volumes, annotations, token = false } = pod;
  return [
    serviceAccount(name, token),
    volumeClaim(name, storage),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels: labels(name) },
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selector(name) },
        template: {
          metadata: { labels: labels(name), annotations },
          spec: {
            serviceAccountName: name,
            automountServiceAccountToken: token,
            enableServiceLinks: false,
            securityContext: podSecurity(user),
            containers: [
              container(
                { name, ports: { http: port }, ...pod.container },
                new Set(["data", ...(pod.written ?? [])]),
              ),
            ],
            volumes: [claimedVolume(name), ...volumes],
          },
        },
      },
    },
    service(name, { http: port }),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name, labels: labels(name) },
      spec: {
        podSelector: { matchLabels: selector(name) },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ podSelector: {} }], ports: [{ port: "http" }] }],
      },
    },
  ];
}
