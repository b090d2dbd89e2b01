import { parseArgs } from "node:util";
import { installCrashHandlers } from "@sark/observability/logging";
import { ConfigurationError, loadConfig } from "./config/load.ts";
import { helpText } from "./config/reference/help-text.ts";
import type { Gateway } from "./composition/start-gateway.ts";

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
    file: values.config ?? process.env["SARK_CONFIG"],
    environment: process.env,
  });
  // Help, and what is wrong with the configuration, come without loading all the rest.
  const starting = import("./composition/start-gateway.ts").then(({ startGateway }) => startGateway(config));
  endOnSignal(starting);
  const gateway = await starting;
  installCrashHandlers(gateway.telemetry.logger);
  process.stderr.write(gateway.welcome);
}

/** A program that runs the gateway, as `node --watch` does, passes on what the terminal has sent to all: that is one signal. */
const ONE_SIGNAL_MS = 1_000;

/** The first signal drains, also one that comes while the gateway still starts; a second one does not wait. */
function endOnSignal(starting: Promise<Gateway>): void {
  let ending: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (ending !== undefined) {
        if (performance.now() - ending > ONE_SIGNAL_MS) {
          process.exit(130);
        }
        return;
      }
      ending = performance.now();
      void starting.then(close, () => undefined);
    });
  }
}

async function close(gateway: Gateway): Promise<never> {
  try {
    await gateway.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`Shutdown failed: ${(error as Error).message}\n`);
    process.exit(1);
  }
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
