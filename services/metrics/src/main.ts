import { parseArgs } from "node:util";
import { endOnSignal } from "@sark/observability/ending";
import { installCrashHandlers } from "@sark/observability/logging";
import { limitHeapGrowth } from "@sark/service-start/heap-growth";
import { ConfigurationError } from "@sark/settings";
import { helpText } from "./config/help.ts";
import { loadConfig } from "./config/load.ts";
import type { MetricsServer } from "./composition/start-metrics.ts";

/** Configuration, construction, listening, shutting down: the life of the process. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stdout.write(helpText());
    return;
  }
  const config = loadConfig({
    file: values.config ?? process.env["METRICS_CONFIG"],
    environment: process.env,
  });
  limitHeapGrowth();
  // Help, and what is wrong with the configuration, come without loading all the rest.
  const starting = import("./composition/start-metrics.ts").then(({ startMetrics }) =>
    startMetrics(config, { onLogger: installCrashHandlers }),
  );
  endOnSignal(() => void starting.then(close, () => undefined));
  process.on(
    "SIGUSR2",
    () =>
      void starting.then(
        ({ switchLevels }) => switchLevels(),
        () => undefined,
      ),
  );
  process.stderr.write((await starting).welcome);
}

async function close(server: MetricsServer): Promise<never> {
  try {
    await server.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`Shutdown failed: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  const { message, code } = error as NodeJS.ErrnoException;
  const text =
    error instanceof ConfigurationError
      ? message
      : code === "EADDRINUSE"
        ? `${message}. Another process listens there; set METRICS_HTTP_PORT.`
        : `The metrics service could not start: ${message}`;
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigurationError ? 2 : 1);
});
