/** What a container may take: requests and limits as Kubernetes writes them. */
export interface Resources {
  readonly requests: Readonly<Record<"cpu" | "memory", string>>;
  readonly limits: Readonly<Record<"memory", string>>;
}

interface ServiceValues {
  readonly image: string;
  /** Replicas, by the load. Those of the gateway count limits and sessions together by Redis. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly resources: Resources;
}

interface StoreValues {
  readonly image: string;
  /** Size of its volume. */
  readonly storage: string;
  readonly resources: Resources;
}

/** What differs from one installation to the next. Helm's `values.yaml` is this; kustomize has it in overlays. */
export interface Values {
  readonly environment: "development" | "staging" | "production";
  /** Names of PostgreSQL and Redis, which run elsewhere. */
  readonly postgresHost: string;
  readonly redisHost: string;
  readonly gateway: ServiceValues;
  readonly metricsService: ServiceValues;
  readonly prometheus: StoreValues & { readonly retention: string };
  readonly alertmanager: StoreValues;
  readonly grafana: StoreValues;
  readonly postgresExporterImage: string;
  readonly redisExporterImage: string;
  readonly blackboxExporterImage: string;
  readonly nodeExporterImage: string;
}

const resources = (cpu: string, memory: string, limit: string): Resources => ({
  requests: { cpu, memory },
  limits: { memory: limit },
});

const DEVELOPMENT: Values = {
  environment: "development",
  postgresHost: "postgres.example.internal",
  redisHost: "redis.example.internal",
  gateway: {
    image: "sark/gateway:0.1.0",
    minReplicas: 1,
    maxReplicas: 2,
    resources: resources("100m", "256Mi", "1Gi"),
  },
  metricsService: {
    image: "sark/metrics-service:0.1.0",
    minReplicas: 1,
    maxReplicas: 2,
    resources: resources("100m", "256Mi", "1Gi"),
  },
  prometheus: {
    image: "prom/prometheus:v3.6.0",
    retention: "7d",
    storage: "10Gi",
    resources: resources("100m", "512Mi", "2Gi"),
  },
  alertmanager: {
    image: "prom/alertmanager:v0.28.1",
    storage: "1Gi",
    resources: resources("20m", "64Mi", "256Mi"),
  },
  grafana: {
    image: "grafana/grafana:12.2.0",
    storage: "1Gi",
    resources: resources("100m", "256Mi", "1Gi"),
  },
  postgresExporterImage: "prometheuscommunity/postgres-exporter:v0.18.1",
  redisExporterImage: "oliver006/redis_exporter:v1.77.0",
  blackboxExporterImage: "prom/blackbox-exporter:v0.27.0",
  nodeExporterImage: "prom/node-exporter:v1.9.1",
};

/** One for each environment; the first is what the base has. */
export const ENVIRONMENTS: readonly [Values, ...Values[]] = [
  DEVELOPMENT,
  {
    ...DEVELOPMENT,
    environment: "staging",
    gateway: { ...DEVELOPMENT.gateway, minReplicas: 2, maxReplicas: 4 },
    metricsService: { ...DEVELOPMENT.metricsService, minReplicas: 2, maxReplicas: 4 },
    prometheus: { ...DEVELOPMENT.prometheus, retention: "15d", storage: "50Gi" },
  },
  {
    ...DEVELOPMENT,
    environment: "production",
    gateway: {
      ...DEVELOPMENT.gateway,
      minReplicas: 3,
      maxReplicas: 12,
      resources: resources("1", "1Gi", "2Gi"),
    },
    metricsService: {
      ...DEVELOPMENT.metricsService,
      minReplicas: 3,
      maxReplicas: 12,
      resources: resources("1", "1Gi", "2Gi"),
    },
    prometheus: {
      ...DEVELOPMENT.prometheus,
      retention: "30d",
      storage: "200Gi",
      resources: resources("1", "4Gi", "8Gi"),
    },
    alertmanager: { ...DEVELOPMENT.alertmanager, storage: "5Gi" },
    grafana: { ...DEVELOPMENT.grafana, storage: "5Gi" },
  },
];
