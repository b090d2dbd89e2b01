import type { GatewayConfig } from "../config/schema.ts";
import { openDataDirectory } from "../data-directory/data-directory.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import type { Cleanup } from "./cleanup.ts";
import { openLogs, type Logs } from "./logs.ts";

export interface StartOptions {
  readonly logDestination?: { write(line: string): void };
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What all else stands on: from then on, what happens is logged. */
export interface Ground {
  readonly environment: NonNullable<StartOptions["environment"]>;
  readonly dataDirectory: string;
  readonly logs: Logs;
  readonly telemetry: Telemetry;
}

export async function openGround(
  config: GatewayConfig,
  { environment = process.env, logDestination }: StartOptions,
  cleanups: Cleanup[],
): Promise<Ground> {
  const dataDirectory = openDataDirectory(config.dataDirectory);
  const logs = await openLogs(config.logging, dataDirectory, environment);
  // Ends last: so do the lines.
  cleanups.push(() => logs.close());
  const telemetry = createTelemetry(config, logs.files, logDestination);
  cleanups.push(() => telemetry.tracing.shutdown());
  return { environment, dataDirectory, logs, telemetry };
}
