import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { createTestDatabase, noteDrive } from "@sark/testkit";
import { startMetrics, type MetricsServer } from "../composition/start-metrics.ts";
import { loadConfig } from "../config/load.ts";

/** A whole service in this process, on a database of its own. */
export interface ServiceUnderTest {
  readonly url: string;
  readonly server: MetricsServer;
  readonly databaseUrl: string;
  readonly platformKey: string;
  /** Log lines so far. */
  readonly lines: string[];
  /** A new tenant, with a key of each role by its name. */
  tenant(id: string): Promise<Readonly<Record<"admin" | "sender" | "viewer", string>>>;
  send(key: string | null, method: string, path: string, body?: unknown): Promise<SentResponse>;
  close(): Promise<void>;
}

export interface SentResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
}

/**
 * @param settings further environment variables. @param database of another service, which this one shares. @param config what no
 * variable can say
 */
export async function startService(
  postgresUrl: string,
  settings: Readonly<Record<string, string>> = {},
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
    ...settings,
  };
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  const server = await startMetrics(loadConfig({ file, environment }), {
    environment,
    logDestination: { write: (line: string) => void lines.push(line) },
  });

  async function send(key: string | null, method: string, path: string, body?: unknown) {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { "x-api-key": key }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  return {
    url: server.url,
    server,
    databaseUrl,
    platformKey,
    lines,
    send,
    async tenant(id) {
      await send(platformKey, "POST", "/v1/platform/tenants", { id, name: id });
      const keys: Record<string, string> = {};
      for (const role of ["admin", "sender", "viewer"]) {
        const { body } = await send(platformKey, "POST", `/v1/platform/tenants/${id}/keys`, {
          name: role,
          principal: `${id}-${role}`,
          roles: [role],
        });
        keys[role] = (body as { key: string }).key;
      }
      return keys as Record<"admin" | "sender" | "viewer", string>;
    },
    async close() {
      await noteDrive("metrics", server.telemetry.recorder);
      await server.close();
      await own?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
