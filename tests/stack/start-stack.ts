import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startService } from "@sark/metrics-service/testing";
import {
  findOpa,
  startAlertmanager,
  startExporter,
  startMcpServer,
  startOpa,
  startOtelCollector,
  startPostgres,
  startPrometheus,
  startRedis,
  startVictoriaLogs,
  UNFLUSHED,
  type Alertmanager,
  type OtelCollector,
  type Prometheus,
  type VictoriaLogs,
} from "@sark/testkit";
import { parse } from "yaml";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIGS = join(ROOT, "deployment/monitoring/configs");
const read = (path: string): string => readFileSync(join(CONFIGS, path), "utf8");

/** What the Compose file has, from programs of this machine, on 127.0.0.1. */
export interface Stack {
  readonly gateway: GatewayUnderTest;
  /** The same with OPA in place of Cedar; `null` where there is no `opa`. */
  readonly gatewayOnOpa: GatewayUnderTest | null;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly collector: OtelCollector;
  readonly logs: VictoriaLogs;
  /** Folder of the gateway's log files. */
  readonly logFolder: string;
  close(): Promise<void>;
}

/** The programs that it needs, as `requireServer` knows them. */
export const NEEDED = [
  "redis-server",
  "prometheus",
  "alertmanager",
  "node-exporter",
  "postgres-exporter",
  "redis-exporter",
  "blackbox-exporter",
  "otelcol",
  "victoria-logs",
  "curl",
] as const;

export async function startStack(): Promise<Stack> {
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      await step();
    }
  };
  const keep = <T extends { close(): unknown }>(part: T): T => {
    undo.push(() => part.close());
    return part;
  };
  try {
    return { ...(await build(keep, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  keep: <T extends { close(): unknown }>(part: T) => T,
  undo: (() => unknown)[],
): Promise<Omit<Stack, "close">> {
  const folder = mkdtempSync(join(tmpdir(), "sark-stack-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ settings: UNFLUSHED });
  undo.push(() => postgres.stop());
  const databaseUrl = await postgres.createDatabase();
  const redis = keep(await startRedis());
  const redisUrl = `redis://127.0.0.1:${redis.port}`;
  const [collector, logs, tools] = [
    keep(await startOtelCollector()),
    keep(await startVictoriaLogs()),
    keep(await startMcpServer()),
  ];
  const logFolder = join(folder, "logs");
  const upstreams = [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }];
  const settings = gatewaySettings({ databaseUrl, redisUrl, collectorUrl: collector.url, logFolder });
  const gateway = keep(await startGatewayUnderTest({ upstreams, config: settings }));
  const opa = findOpa() === null ? null : keep(await startOpa({ policies: policiesOfOpa() }));
  const gatewayOnOpa =
    opa === null
      ? null
      : keep(
          await startGatewayUnderTest({
            upstreams,
            config: {
              ...settings,
              database: { url: await postgres.createDatabase() },
              logging: {
                ...(settings["logging"] as object),
                files: { directory: join(folder, "logs-on-opa") },
              },
              policy: { opaUrl: opa.url },
            },
          }),
        );
  const service = keep(await startService(postgres.url));
  const alertmanager = keep(await startAlertmanager(alertmanagerFile(folder)));
  const exporters = {
    node: keep(await startExporter("node-exporter")),
    postgres: keep(
      await startExporter("postgres-exporter", {
        environment: { DATA_SOURCE_NAME: `${databaseUrl}?sslmode=disable` },
      }),
    ),
    redis: keep(await startExporter("redis-exporter", { arguments: [`--redis.addr=${redisUrl}`] })),
    blackbox: keep(
      await startExporter("blackbox-exporter", {
        arguments: [`--config.file=${join(CONFIGS, "blackbox/blackbox.yml")}`],
      }),
    ),
  };
  const secrets = join(folder, "secrets");
  mkdirSync(secrets);
  writeFileSync(join(secrets, "sark-gateway-key"), gateway.apiKey, { mode: 0o600 });
  writeFileSync(join(secrets, "sark-metrics-key"), service.platformKey, { mode: 0o600 });
  const addresses = {
    "gateway:8000": gateway.url,
    "metrics-service:8100": service.url,
    "node-exporter:9100": exporters.node.url,
    "postgres-exporter:9187": exporters.postgres.url,
    "redis-exporter:9121": exporters.redis.url,
    "blackbox-exporter:9115": exporters.blackbox.url,
    "alertmanager:9093": alertmanager.url,
  };
  const prometheus = keep(
    await startPrometheus([], {
      configuration: (port) =>
        prometheusFile(secrets, { ...addresses, "127.0.0.1:9090": `http://127.0.0.1:${port}` }),
    }),
  );
  return { gateway, gatewayOnOpa, prometheus, alertmanager, collector, logs, logFolder };
}

/** The settings of the composition, with where things are here. */
function gatewaySettings(here: {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly collectorUrl: string;
  readonly logFolder: string;
}): Record<string, unknown> {
  const {
    http: _http,
    dataDirectory: _data,
    policy: _policy,
    ...settings
  } = JSON.parse(read("gateway/development.json")) as Record<string, object>;
  return {
    ...settings,
    database: { url: here.databaseUrl },
    redis: { url: here.redisUrl },
    logging: { ...settings["logging"], files: { directory: here.logFolder } },
    tracing: { ...settings["tracing"], endpoint: `${here.collectorUrl}/v1/traces` },
  };
}

/** The folder of this repository that the composition gives to OPA. */
function policiesOfOpa(): string {
  const file = join(CONFIGS, "../docker-compose.monitoring.yml");
  const { services } = parse(readFileSync(file, "utf8")) as {
    readonly services: {
      readonly opa: { readonly command: readonly string[]; readonly volumes: readonly string[] };
    };
  };
  const mounted = services.opa.command.at(-1);
  const [from = ""] =
    services.opa.volumes.find((volume) => volume.split(":")[1] === mounted)?.split(":") ?? [];
  return join(dirname(file), from);
}

function alertmanagerFile(folder: string): string {
  const file = join(folder, "alertmanager.yml");
  const templates = join(ROOT, "monitoring/alertmanager/templates");
  writeFileSync(
    file,
    read("alertmanager/development.yml").replaceAll("/etc/alertmanager/templates", templates),
  );
  return file;
}

function prometheusFile(secrets: string, addresses: Readonly<Record<string, string>>): string {
  const rules = join(ROOT, "monitoring/prometheus");
  const text = read("prometheus/compose.yml")
    .replaceAll("/etc/prometheus/secrets", secrets)
    .replaceAll("- rules/*.yaml", `- ${rules}/rules/*.yaml`)
    .replaceAll("- alerts/*.yml", `- ${rules}/alerts/*.yml`);
  return Object.entries(addresses).reduce(
    (written, [there, url]) => written.replaceAll(there, new URL(url).host),
    text,
  );
}
