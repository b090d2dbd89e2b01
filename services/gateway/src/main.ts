import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { endOnSignal } from "@sark/observability/ending";
import { installCrashHandlers } from "@sark/observability/logging";
import { limitHeapGrowth } from "@sark/service-start/heap-growth";
import { ConfigurationError } from "@sark/settings";
import { loadConfig } from "./config/load.ts";
import { helpText } from "./config/reference/help-text.ts";
import type { StartOptions } from "./composition/ground.ts";
import type { Gateway } from "./composition/gateway.ts";
import type { GatewayConfig } from "./config/schema.ts";

/** Configuration, construction, listening, shutting down: the life of the process. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      help: { type: "boolean", short: "h" },
      // Given by the process that starts the workers, and by no one else.
      worker: { type: "boolean" },
    },
  });
  if (values.help) {
    process.stdout.write(helpText());
    return;
  }
  const config = loadConfig({
    file: values.config ?? process.env["SARK_CONFIG"],
    environment: process.env,
  });
  limitHeapGrowth();
  const workers = config.workers === 0 ? availableParallelism() : config.workers;
  // Help, and what is wrong with the configuration, come without loading all the rest.
  if (values.worker) {
    await serveAsWorker(config);
  } else if (workers > 1) {
    await superviseWorkers(config, workers);
  } else {
    const gateway = await serve(config);
    process.stderr.write(gateway.welcome);
  }
}

async function serve(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const starting = import("./composition/start-gateway.ts").then(({ startGateway }) =>
    // From the first line on: what fails while the gateway starts stands in the log files, too.
    startGateway(config, { ...options, onLogger: installCrashHandlers }),
  );
  // Drains, also where the gateway still starts.
  endOnSignal(() => void starting.then(close, () => undefined));
  process.on(
    "SIGUSR2",
    () =>
      void starting.then(
        ({ switchLevels }) => switchLevels(),
        () => undefined,
      ),
  );
  return starting;
}

async function serveAsWorker(config: GatewayConfig): Promise<void> {
  const { joinGroup } = await import("./workers/join-group.ts");
  const { group, databaseUrl, terminal, ready, onAbandoned } = await joinGroup();
  const gateway = await serve(config, {
    group,
    terminal,
    ...(databaseUrl === null ? {} : { databaseUrl }),
  });
  onAbandoned(() => void close(gateway));
  ready(gateway.welcome);
}

async function superviseWorkers(config: GatewayConfig, count: number): Promise<void> {
  const opening = import("./composition/open-primary.ts").then(({ openPrimary }) =>
    openPrimary(config, count),
  );
  const end = (signal: NodeJS.Signals) =>
    opening.then(
      (primary) => primary.end(signal),
      () => 1,
    );
  process.on(
    "SIGUSR2",
    (signal) =>
      void opening.then(
        ({ passOn }) => passOn(signal),
        () => undefined,
      ),
  );
  // The workers are told a second signal, too, and do not wait then.
  endOnSignal(
    (signal) => void end(signal).then(exit, shutdownFailed),
    (signal) => void end(signal),
  );
  const primary = await opening;
  try {
    process.stderr.write(await primary.start());
  } catch (error) {
    // It has said itself why it could not start.
    await primary.end("SIGTERM");
    process.exit((error as { readonly exitCode?: number }).exitCode ?? 1);
  }
}

async function close(gateway: Gateway): Promise<never> {
  try {
    await gateway.close();
    process.exit(0);
  } catch (error) {
    return shutdownFailed(error);
  }
}

function exit(code: number): never {
  process.exit(code);
}

function shutdownFailed(error: unknown): never {
  process.stderr.write(`Shutdown failed: ${(error as Error).message}\n`);
  process.exit(1);
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigurationError ? error.message : startFailure(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigurationError ? 2 : 1);
});

function startFailure(error: unknown): string {
  const { message, code, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  if (code === "EADDRINUSE") {
    return `${message}. Another process listens there; set SARK_HTTP_PORT.`;
  }
  return `The gateway could not start: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`;
}
