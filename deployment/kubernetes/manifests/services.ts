import type { Values } from "../values.ts";
import {
  container,
  configVolume,
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
  type Labels,
  type Manifest,
} from "./parts.ts";

const USER = 1000;
const KEYS = "/var/lib/sark/keys";

interface ServicePod {
  readonly name: string;
  /** The folder of its settings. */
  readonly settings: string;
  readonly values: Values["gateway"];
  readonly port: number;
  /** Other ports, for its own replicas. */
  readonly peers: Readonly<Record<string, number>>;
  readonly environment: readonly object[];
  readonly annotations: Labels;
}

const plain = (name: string, value: string): object => ({ name, value });
const secret = (name: string, secretName: string, key: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: secretName, key } },
});

/** @param annotations of pods, in addition to those for Prometheus */
export function gateway(values: Values, annotations: Labels): Manifest[] {
  return serviceManifests({
    name: "sark-gateway",
    settings: "gateway",
    values: values.gateway,
    port: 8000,
    peers: { replicas: 8001 },
    annotations,
    environment: [
      plain("SARK_POLICY_DIRECTORY", "/app/policies"),
      plain("SARK_AUDIT_LOG_KEY_FILE", `${KEYS}/audit-log.pem`),
      plain("SARK_AUTHENTICATION_API_KEYS_FILE", `${KEYS}/api-keys.json`),
      secret("SARK_MCP_SESSION_KEY", "sark-gateway", "session-key"),
      plain("SARK_REPLICAS_HOST", "0.0.0.0"),
      plain("SARK_REPLICAS_PORT", "8001"),
      { name: "SARK_REPLICAS_ADVERTISED_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ],
  });
}

export function metricsService(values: Values, annotations: Labels): Manifest[] {
  return serviceManifests({
    name: "sark-metrics",
    settings: "metrics-service",
    values: values.metricsService,
    port: 8100,
    peers: {},
    annotations,
    environment: [
      plain("METRICS_AUDIT_LOG_KEY_FILE", `${KEYS}/metrics-log.pem`),
      secret("METRICS_PLATFORM_KEY", "sark-metrics", "platform-key"),
      secret("METRICS_WEBHOOKS_SECRET_KEY", "sark-metrics", "webhooks-key"),
    ],
  });
}

function serviceManifests(pod: ServicePod): Manifest[] {
  const { name, values, port, peers } = pod;
  return [
    serviceAccount(name),
    deployment(pod),
    service(name, { http: port }),
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name, labels: labels(name) },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        minReplicas: values.minReplicas,
        maxReplicas: values.maxReplicas,
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
          },
        ],
        // A replica that ends drains its sessions: not more than one in a minute.
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 300,
            policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
          },
        },
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, labels: labels(name) },
      spec: { maxUnavailable: 1, selector: { matchLabels: selector(name) } },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name, labels: labels(name) },
      spec: {
        podSelector: { matchLabels: selector(name) },
        policyTypes: ["Ingress"],
        ingress: [
          // Clients come through what is in front of the cluster; the service authenticates each request.
          { ports: [{ port: "http" }] },
          ...Object.keys(peers).map((peer) => ({
            from: [{ podSelector: { matchLabels: selector(name) } }],
            ports: [{ port: peer }],
          })),
        ],
      },
    },
  ];
}

function deployment({ name, settings, values, port, peers, environment, annotations }: ServicePod): Manifest {
  const { image } = values;
  const written = new Set(["data", "tmp"]);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: labels(name) },
    spec: {
      // How many: the HorizontalPodAutoscaler says so.
      selector: { matchLabels: selector(name) },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: labels(name), annotations: { ...scraped(port), ...annotations } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          // Kubernetes would else set SARK_GATEWAY_PORT and the like, which a service takes for settings, and refuses.
          enableServiceLinks: false,
          // Draining, and the last deliveries.
          terminationGracePeriodSeconds: 45,
          securityContext: podSecurity(USER),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "topology.kubernetes.io/zone",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: selector(name) },
            },
          ],
          // Files of a secret belong to root and are read by a group; the service wants keys that only its user can read.
          initContainers: [
            container(
              {
                name: "keys",
                image,
                command: [
                  "sh",
                  "-c",
                  `umask 077 && mkdir -p ${KEYS} && cp /run/secrets/keys/* ${KEYS}/ && chmod 0600 ${KEYS}/*`,
                ],
                mounts: [
                  ["keys", "/run/secrets/keys"],
                  ["data", "/var/lib/sark"],
                ],
              },
              written,
            ),
          ],
          containers: [
            container(
              {
                name: settings,
                image,
                args: ["--config", `/etc/sark/${settings}.json`],
                env: [environmentName, ...environment],
                ports: { http: port, ...peers },
                probes: probes("/livez", "/readyz"),
                resources: values.resources,
                mounts: [
                  ["data", "/var/lib/sark"],
                  ["tmp", "/tmp"],
                  ["logs", "/var/log/sark"],
                  ["settings", `/etc/sark/${settings}.json`, { subPathExpr: "$(ENVIRONMENT).json" }],
                  ["postgres", "/run/secrets/postgres"],
                  ["redis", "/run/secrets/redis"],
                  ["sark", "/run/secrets/sark"],
                ],
              },
              new Set([...written, "logs"]),
            ),
          ],
          volumes: [
            emptyVolume("data", "1Gi"),
            emptyVolume("tmp", "64Mi", "Memory"),
            emptyVolume("logs", "2Gi"),
            configVolume("settings", `${settings}-settings`),
            secretVolume("postgres", "sark-postgres"),
            secretVolume("redis", "sark-redis"),
            secretVolume("sark", name),
            secretVolume("keys", `${name}-keys`),
          ],
        },
      },
    },
  };
}
