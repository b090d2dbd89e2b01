import type { DeliveryOptions } from "@sark/audit/delivery";
import { observeDatabase, onSlowStatements } from "@sark/audit/telemetry";
import { watchProcess } from "@sark/observability/metrics";
import { watchStalls } from "@sark/observability/profiling";
import type { Logger } from "@sark/observability/logging";
import type { GatewayConfig } from "../config/schema.ts";
import { aloneInGroup, type ProcessGroup } from "../domain/process-group.ts";
import { openDataDirectory, type Cleanup } from "@sark/service-start";
import { openLogs, type Logs } from "@sark/service-start/logs";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { startMetricsPush } from "./metrics-push.ts";

export interface StartOptions {
  readonly logDestination?: { write(line: string): void };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where several processes serve together: those, and this one's place among them. */
  readonly group?: ProcessGroup;
  /** Connection string of the database that another process of the group has started. */
  readonly databaseUrl?: string;
  /** How often deliveries look at the log and for a place to lead. Default: theirs. */
  readonly deliveryPace?: Pick<DeliveryOptions, "pollMs" | "electionMs">;
  /** Whether lines are for people, where this process itself writes to a pipe. */
  readonly terminal?: boolean;
  /** Told of the logger as soon as there is one. */
  onLogger?(logger: Logger): void;
}

/** What all else stands on: from then on, what happens is logged. */
export interface Ground {
  readonly environment: NonNullable<StartOptions["environment"]>;
  readonly dataDirectory: string;
  readonly logs: Logs;
  readonly telemetry: Telemetry;
  readonly group: ProcessGroup;
}

export async function openGround(
  config: GatewayConfig,
  options: StartOptions,
  cleanups: Cleanup[],
): Promise<Ground> {
  const { environment = process.env, logDestination, group = aloneInGroup(), terminal = false } = options;
  const dataDirectory = openDataDirectory(config.dataDirectory);
  const logs = await openLogs(config.logging, { dataDirectory, environment, worker: group.worker });
  // Ends last: so do the lines.
  cleanups.push(() => logs.close());
  const telemetry = createTelemetry(config, {
    worker: group.worker,
    logFiles: logs.files,
    ...(logDestination === undefined ? {} : { stdout: logDestination }),
    terminal,
  });
  options.onLogger?.(telemetry.logger);
  const { slowStatements, stalls } = config.logging;
  const watch = watchStalls({ slowerThanMs: stalls, onStall: telemetry.stalled });
  const ignoreStatements = onSlowStatements(slowStatements, telemetry.runtime.slowStatement);
  const ignoreDatabase = observeDatabase(telemetry.runtime);
  const watchedProcess = watchProcess(telemetry.recorder, { directories: { data: dataDirectory } });
  cleanups.push(async () => {
    ignoreStatements();
    ignoreDatabase();
    watchedProcess.close();
    watch.close();
  });
  cleanups.push(() => telemetry.tracing.shutdown());
  startMetricsPush(config, telemetry, cleanups);
  return { environment, dataDirectory, logs, telemetry, group };
}
