import type { Values } from "../values.ts";
import {
  configVolume,
  container,
  labels,
  podSecurity,
  scraped,
  secretVolume,
  selector,
  service,
  type Container,
  type Manifest,
} from "./parts.ts";

const USER = 65_534;
const SMALL = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } };

/** Exporters that have one pod each. */
export function exporters(values: Values): Manifest[] {
  return [
    ...exporter("postgres-exporter", 9187, secretVolume("password", "sark-postgres"), {
      image: values.postgresExporterImage,
      env: [
        { name: "DATA_SOURCE_URI", value: "postgres:5432/sark" },
        { name: "DATA_SOURCE_USER", value: "sark" },
        { name: "DATA_SOURCE_PASS_FILE", value: "/run/secrets/postgres/password" },
      ],
      mounts: [["password", "/run/secrets/postgres"]],
    }),
    ...exporter("redis-exporter", 9121, null, {
      image: values.redisExporterImage,
      env: [
        { name: "REDIS_ADDR", value: "redis://redis:6379" },
        {
          name: "REDIS_PASSWORD",
          valueFrom: { secretKeyRef: { name: "sark-redis", key: "password" } },
        },
      ],
    }),
    ...exporter("blackbox-exporter", 9115, configVolume("blackbox"), {
      image: values.blackboxExporterImage,
      args: ["--config.file=/etc/blackbox/blackbox.yml"],
      mounts: [["blackbox", "/etc/blackbox"]],
    }),
    service("blackbox-exporter", { http: 9115 }),
  ];
}

/** Names by which the services find PostgreSQL and Redis, which run elsewhere. */
export function outside({ postgresHost, redisHost }: Values): Manifest[] {
  return Object.entries({ postgres: postgresHost, redis: redisHost }).map(([name, externalName]) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: labels(name) },
    spec: { type: "ExternalName", externalName },
  }));
}

function exporter(
  name: string,
  port: number,
  volume: object | null,
  content: Omit<Container, "name" | "ports">,
): Manifest[] {
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels: labels(name) },
      spec: {
        replicas: 1,
        selector: { matchLabels: selector(name) },
        template: {
          metadata: { labels: labels(name), annotations: scraped(port) },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: podSecurity(USER),
            containers: [container({ name, ports: { http: port }, resources: SMALL, ...content }, new Set())],
            ...(volume === null ? {} : { volumes: [volume] }),
          },
        },
      },
    },
  ];
}
