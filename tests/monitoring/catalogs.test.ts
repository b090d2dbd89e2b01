import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:https";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOURCES } from "@sark/monitoring";
import {
  createCertificates,
  requireServer,
  startAlertmanager,
  startExporter,
  startPostgres,
  startPrometheus,
  startRedis,
  UNFLUSHED,
} from "@sark/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { differences } from "./exposition.ts";

describe("the catalogs of exporters are what the real ones expose [MET-12]", () => {
  it.skipIf(requireServer("node-exporter") === null)("node", async () => {
    const exporter = await startExporter("node-exporter");
    onTestFinished(() => exporter.close());
    expect(differences(SOURCES.node, await exporter.scrape())).toEqual([]);
  });

  it.skipIf(requireServer("postgres-exporter") === null)("postgres", async () => {
    const postgres = await startPostgres({ settings: UNFLUSHED });
    onTestFinished(() => postgres.stop());
    const exporter = await startExporter("postgres-exporter", {
      environment: { DATA_SOURCE_NAME: `${postgres.url}?sslmode=disable` },
    });
    onTestFinished(() => exporter.close());
    expect(differences(SOURCES.postgres, await exporter.scrape())).toEqual([]);
  });

  it.skipIf(requireServer("redis-exporter") === null || requireServer("redis-server") === null)(
    "redis",
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.close());
      const exporter = await startExporter("redis-exporter", {
        arguments: [`--redis.addr=redis://127.0.0.1:${redis.port}`],
      });
      onTestFinished(() => exporter.close());
      expect(differences(SOURCES.redis, await exporter.scrape())).toEqual([]);
    },
  );

  it.skipIf(requireServer("blackbox-exporter") === null)("blackbox", async () => {
    const { servers } = await createCertificates();
    const server = createServer(servers.valid, (_request, response) => response.end("well"));
    onTestFinished(() => void server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as { port: number };
    const folder = mkdtempSync(join(tmpdir(), "sark-blackbox-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "blackbox.yml");
    const http = { fail_if_not_ssl: true, tls_config: { insecure_skip_verify: true } };
    writeFileSync(file, JSON.stringify({ modules: { https: { prober: "http", http } } }));
    const exporter = await startExporter("blackbox-exporter", { arguments: [`--config.file=${file}`] });
    onTestFinished(() => exporter.close());
    const target = encodeURIComponent(`https://127.0.0.1:${port}/`);
    expect(
      differences(SOURCES.blackbox, await exporter.scrape(`/probe?module=https&target=${target}`)),
    ).toEqual([]);
  });

  it.skipIf(requireServer("prometheus") === null || requireServer("alertmanager") === null)(
    "Prometheus and Alertmanager",
    async () => {
      const alertmanager = await startAlertmanager({
        route: { receiver: "none" },
        receivers: [{ name: "none" }],
      });
      onTestFinished(() => alertmanager.close());
      expect(differences(SOURCES.alertmanager, await scrape(alertmanager.url))).toEqual([]);
      const prometheus = await startPrometheus([]);
      onTestFinished(() => prometheus.close());
      // Those with the label `rule_group` come with the first rule.
      const always = Object.entries(SOURCES.prometheus).filter(([, { type }]) => type === "gauge");
      expect(differences(Object.fromEntries(always), await scrape(prometheus.url))).toEqual([]);
    },
  );

  it.each(["kube-state-metrics", "cadvisor"] as const)("%s, by its documentation", (source) => {
    const sample = new URL(`../../monitoring/samples/${source}.prom`, import.meta.url);
    expect(differences(SOURCES[source], readFileSync(sample, "utf8"))).toEqual([]);
  });

  it("finds what an exposition has not", () => {
    const exposition = [
      "# TYPE redis_up counter",
      'redis_up{node="a"} 1',
      "# TYPE node_cpu_seconds_total counter",
      'node_cpu_seconds_total{cpu="0",mode="odd"} 1',
    ].join("\n");
    const { redis_up, redis_db_keys } = SOURCES.redis;
    const { node_cpu_seconds_total } = SOURCES.node;
    expect(differences({ redis_up, redis_db_keys, node_cpu_seconds_total }, exposition)).toEqual([
      "redis_up is a counter",
      "redis_up has the labels node",
      "redis_db_keys is not there",
      "node_cpu_seconds_total{mode} is odd",
    ]);
  });
});

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  return response.text();
}
