import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAuthority, startExporter, type PrometheusTarget } from "@sark/testkit";

const DAY_HOURS = 24;

/** A public address, and the blackbox exporter that looks at it. */
export interface ProbedEndpoint {
  readonly target: PrometheusTarget;
  /** Replaces its certificate by one for so many days. */
  renew(days: number): void;
  /** Has it respond with 503. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

/** @param folder for its certificates, and the configuration of the exporter */
export async function startProbedEndpoint(folder: string): Promise<ProbedEndpoint> {
  const authority = createAuthority(folder, "public");
  const issue = (days: number) => {
    const { certFile, keyFile } = authority.issue("endpoint", { hours: days * DAY_HOURS });
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  };
  let isRefusing = false;
  const server = createServer(issue(90), (_request, response) =>
    response.writeHead(isRefusing ? 503 : 200).end(isRefusing ? "no target" : "well"),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const file = join(folder, "blackbox.yml");
  const http = { fail_if_not_ssl: true, tls_config: { insecure_skip_verify: true } };
  writeFileSync(file, JSON.stringify({ modules: { https: { prober: "http", http } } }));
  const exporter = await startExporter("blackbox-exporter", { arguments: [`--config.file=${file}`] });
  const { port } = server.address() as AddressInfo;
  return {
    target: {
      job: "blackbox",
      url: exporter.url,
      // The exporter takes half a second off the time that a scrape may take.
      scrapeInterval: "2s",
      probe: { module: "https", target: `https://127.0.0.1:${port}/` },
    },
    renew: (days) => server.setSecureContext(issue(days)),
    refuse: (value) => (isRefusing = value),
    async close() {
      await exporter.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
