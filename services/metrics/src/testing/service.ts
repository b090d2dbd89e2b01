import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { createTestDatabase, noteDrive } from "@sark/testkit";
import { startMetrics, type MetricsServer } from "../composition/start-metrics.ts";
import { loadConfig } from "../config/load.ts";
import { createApiClient, type ApiClient } from "./api-client.ts";

/** A whole service in this process, on a database of its own. */
export interface ServiceUnderTest extends ApiClient {
  readonly url: string;
  readonly server: MetricsServer;
  readonly databaseUrl: string;
  readonly platformKey: string;
  /** Log lines so far. */
  readonly lines: string[];
  close(): Promise<void>;
}

/**
 * @param settings further environment variables, or, with `undefined`, none of this name. @param database of another service, which this one shares. @param config what no
 * variable can say
 */
export async function startService(
  postgresUrl: string,
  settings: Readonly<Record<string, string | undefined>> = {},
  database?: { readonly url: string; readonly platformKey: string },
  config: Readonly<Record<string, unknown>> = {},
): Promise<ServiceUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "sark-metrics-"));
  const own = database === undefined ? await createTestDatabase(postgresUrl) : null;
  const databaseUrl = own?.url ?? database?.url ?? "";
  const platformKey = database?.platformKey ?? generateApiKey();
  const lines: string[] = [];
  const environment = {
    DATABASE_URL: databaseUrl,
    METRICS_DATA_DIRECTORY: folder,
    METRICS_HTTP_PORT: "0",
    METRICS_PLATFORM_KEY: platformKey,
    // Of all services that share a database.
    METRICS_WEBHOOKS_SECRET_KEY: "a key that the services of a test have in common",
    ...settings,
  };
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  const server = await startMetrics(loadConfig({ file, environment }), {
    environment,
    logDestination: { write: (line: string) => void lines.push(line) },
  });

  const { send, tenant } = createApiClient(server.url, platformKey);
  return {
    url: server.url,
    server,
    databaseUrl,
    platformKey,
    lines,
    send,
    tenant,
    async close() {
      await noteDrive("metrics", server.telemetry.recorder);
      await server.close();
      await own?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
