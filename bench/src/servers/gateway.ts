// The whole gateway, as `npm start` runs it, with an example policy set, traces at 1 %, limits that count every call and
// never stop one, and a price for the calls of the server "priced".
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, startGateway } from "@sark/gateway";
import { limitHeapGrowth } from "@sark/service-start/heap-growth";
import { serve } from "../serve.ts";

interface Settings {
  readonly folder: string;
  readonly databaseUrl: string;
  /** Servers by name. */
  readonly upstreams: Readonly<Record<string, string>>;
  readonly otlp?: string;
  /** Sections of the configuration in place of those below. */
  readonly changes?: object;
}

await serve(async (settings: Settings) => {
  limitHeapGrowth();
  const file = join(settings.folder, "sark.json");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: join(settings.folder, "data"),
      http: { port: 0 },
      database: { url: settings.databaseUrl },
      policy: { directory: join(import.meta.dirname, "../../../policies") },
      rateLimits: {
        rules: (["user", "tenant", "tool", "server"] as const).map((kind) => ({
          for: kind,
          requests: 100_000,
          period: "1s",
        })),
      },
      quotas: {
        prices: [{ server: "priced", perCall: "0.001" }],
        budgets: [{ for: "user", daily: "1000000", monthly: "1000000" }],
      },
      logging: { stdout: false, files: { directory: join(settings.folder, "logs") } },
      tracing: settings.otlp === undefined ? {} : { endpoint: settings.otlp },
      upstreams: Object.entries(settings.upstreams).map(([name, url]) => ({
        name,
        transport: "http",
        url,
        sensitivity: "low",
      })),
      ...settings.changes,
    }),
  );
  const gateway = await startGateway(loadConfig({ file, environment: {} }));
  return {
    ready: { url: gateway.url, apiKey: readFileSync(gateway.adminKeyFile, "utf8").trim() },
    close: () => gateway.close(),
  };
});
