import cluster from "node:cluster";
import { endAll, type Cleanup, embeddedDatabase, openDataDirectory } from "@sark/service-start";
import { ConfigurationError } from "@sark/settings";
import type { GatewayConfig } from "../config/schema.ts";
import { createPrimaryTelemetry } from "../telemetry/primary-telemetry.ts";
import type { ExitCode } from "../workers/observer.ts";
import { createSupervisor } from "../workers/supervisor.ts";

/** The process that starts the workers and holds what they share: the address, and the embedded database. */
export interface Primary {
  /** Resolves to what a newcomer needs to see, when all workers serve. Rejects with `WorkerFailedToStart` when one has said why not. */
  start(): Promise<string>;
  /** Ends the workers by this signal, and then what they share. Again: does not wait for calls. */
  end(signal: NodeJS.Signals): Promise<ExitCode>;
  /** Sends a signal on to the workers that run. */
  passOn(signal: NodeJS.Signals): void;
}

/** Throws `ConfigurationError`. */
export async function openPrimary(config: GatewayConfig, count: number): Promise<Primary> {
  if (config.redis === undefined) {
    throw new ConfigurationError(
      `The configuration is not valid:\n  workers: ${count} workers need \`redis\`, by which they count and know sessions together.`,
    );
  }
  if (config.replicas.port !== 0) {
    throw new ConfigurationError(
      `The configuration is not valid:\n  replicas.port: ${count} workers listen for each other on a port of their own each; leave it at 0.`,
    );
  }
  const { output, workers, lifecycle } = createPrimaryTelemetry(config);
  const cleanups: Cleanup[] = [];
  const databaseUrl =
    config.database.url === undefined
      ? await embeddedDatabase(openDataDirectory(config.dataDirectory), lifecycle.databaseAwaited, cleanups)
      : null;
  // A worker's lines come here: two processes cannot write to one pipe.
  cluster.setupPrimary({
    args: [...process.argv.slice(2), "--worker"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const supervisor = createSupervisor({
    count,
    fork: () => cluster.fork(),
    orders: (worker) => ({ type: "start", worker, databaseUrl, terminal: output === "terminal" }),
    observer: workers,
  });
  return {
    start: () => supervisor.start(),
    passOn: supervisor.passOn,
    async end(signal) {
      const code = await supervisor.end(signal);
      await endAll(cleanups);
      return code;
    },
  };
}
