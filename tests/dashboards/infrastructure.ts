import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startExporter, startRedis, type PrometheusTarget } from "@sark/testkit";
import { inject } from "vitest";
import { startProbedEndpoint } from "../support/probed-endpoint.ts";

/** What the services stand on, each with its exporter. The cluster is a recorded one. */
export interface Infrastructure {
  readonly targets: readonly PrometheusTarget[];
  /** Something for each of its figures to count. */
  round(): Promise<void>;
  close(): Promise<void>;
}

/** @param folder for files of its parts */
export async function startInfrastructure(folder: string): Promise<Infrastructure> {
  const redis = await startRedis();
  await redis.command("CONFIG", "SET", "maxmemory", "67108864");
  const exporters = {
    // Other disks of a machine say nothing here, and what is mounted comes and goes.
    node: await startExporter("node-exporter", {
      arguments: ["--collector.filesystem.mount-points-exclude=^/.+"],
    }),
    redis: await startExporter("redis-exporter", {
      arguments: [`--redis.addr=redis://127.0.0.1:${redis.port}`],
    }),
    postgres: await startExporter("postgres-exporter", {
      environment: { DATA_SOURCE_NAME: `${inject("postgresUrl")}?sslmode=disable` },
    }),
  };
  const endpoint = await startProbedEndpoint(folder);
  const cluster = await startRecorded("kube-state-metrics");
  return {
    targets: [
      ...Object.entries(exporters).map(([job, { url }]) => ({ job, url, instance: `${job}-1` })),
      { job: "kube-state-metrics", url: cluster.url },
      { ...endpoint.target, instance: "https://gateway.example.com/" },
    ],
    async round() {
      await redis.command("SET", "found", "1");
      await redis.command("GET", "found");
      await redis.command("GET", "missing");
    },
    async close() {
      await Promise.all(Object.values(exporters).map((exporter) => exporter.close()));
      await endpoint.close();
      await cluster.close();
      await redis.close();
    },
  };
}

/** Serves the sample that was recorded of an exporter. */
async function startRecorded(name: string) {
  const text = readFileSync(new URL(`../../monitoring/samples/${name}.prom`, import.meta.url));
  const server = createServer((_request, response) =>
    response.setHeader("content-type", "text/plain; version=0.0.4").end(text),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
