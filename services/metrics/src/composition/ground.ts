import { observeDatabase, onSlowStatements } from "@sark/audit/telemetry";
import type { Destination, Logger } from "@sark/observability/logging";
import { watchProcess } from "@sark/observability/metrics";
import { watchStalls } from "@sark/observability/profiling";
import { openDataDirectory, type Cleanup } from "@sark/service-start";
import { openLogs, type Logs } from "@sark/service-start/logs";
import type { MetricsConfig } from "../config/schema.ts";
import { traceStatements } from "../telemetry/statement-spans.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";

export interface StartOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** What stands for standard output. */
  readonly logDestination?: Destination;
  /** Told of the logger as soon as there is one. */
  onLogger?(logger: Logger): void;
}

/** What all else stands on: from then on, what happens is logged. */
export interface Ground {
  readonly environment: NodeJS.ProcessEnv;
  readonly dataDirectory: string;
  readonly logs: Logs;
  readonly telemetry: Telemetry;
}

/** Throws where another process uses the folder of the log files. */
export async function openGround(
  config: MetricsConfig,
  { environment = process.env, logDestination, onLogger }: StartOptions,
  cleanups: Cleanup[],
): Promise<Ground> {
  const dataDirectory = openDataDirectory(config.dataDirectory);
  const logs = await openLogs(config.logging, { dataDirectory, environment });
  // Ends last: so do the lines.
  cleanups.push(() => logs.close());
  const telemetry = createTelemetry(config, {
    logFiles: logs.files,
    ...(logDestination === undefined ? {} : { stdout: logDestination }),
  });
  onLogger?.(telemetry.logger);
  const { slowStatements, stalls } = config.logging;
  const watch = watchStalls({ slowerThanMs: stalls, onStall: telemetry.stalled });
  const ignoreStatements = onSlowStatements(slowStatements, telemetry.runtime.slowStatement);
  const ignoreDatabase = observeDatabase(telemetry.runtime);
  const ignoreSpans = traceStatements(telemetry.tracing);
  const watchedProcess = watchProcess(telemetry.recorder, { directories: { data: dataDirectory } });
  cleanups.push(async () => {
    ignoreStatements();
    ignoreSpans();
    ignoreDatabase();
    watchedProcess.close();
    watch.close();
  });
  cleanups.push(() => telemetry.tracing.shutdown());
  logs.start(telemetry);
  return { environment, dataDirectory, logs, telemetry };
}
