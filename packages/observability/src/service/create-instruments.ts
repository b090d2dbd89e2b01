import type { LogFiles } from "../logging/files/open-log-files.ts";
import type { LevelSignalObserver } from "../logging/level-control/level-signal.ts";
import type { LogLevelObserver } from "../logging/level-control/log-level-control.ts";
import { createLogLevelEvents } from "../logging/level-control/log-level-events.ts";
import { createLogger, type Logger, type LoggerOptions } from "../logging/logger.ts";
import type { SamplingOptions } from "../logging/sampling.ts";
import type { Catalog } from "../metrics/catalog.ts";
import { createRecorder } from "../metrics/recorder.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import { startTracing, type Tracing, type TracingOptions } from "../tracing/start-tracing.ts";
import type { Stall } from "../event-loop/watch-stalls.ts";
import { createEventLoopEvents } from "./event-loop-events.ts";
import type { InstrumentCatalog } from "./instrument-catalog.ts";
import { createLogFilesEvents } from "./log-files-events.ts";
import { createSpanEvents } from "./span-events.ts";
import { createStandardOutputEvents } from "./standard-output-events.ts";

/** What log lines and traces say of their service. */
export interface ServiceIdentity {
  readonly service: string;
  readonly version: string;
  readonly environment: string;
}

/** How lines are written: as `LoggerOptions`, without what the instruments themselves fill in. */
export type LoggingSettings = Partial<
  Pick<LoggerOptions, "level" | "destination" | "secretKeys" | "secretPatterns" | "hideEmails">
> & { readonly sampling?: Omit<SamplingOptions, "onSampledOut"> | undefined };

/** Where spans go and how many: as `TracingOptions`, without what the instruments themselves fill in. */
export type TracingSettings = Pick<TracingOptions, "endpoint" | "sampleRatio" | "maxLatePerSecond">;

/** What `createInstruments` takes. */
export interface InstrumentsOptions<C extends Catalog> extends ServiceIdentity {
  /** Every metric of the service, `instrumentCatalog` among them. */
  readonly catalog: C;
  /** Labels of every series, as the number of a worker. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether a Prometheus that asks for them gets native histograms: as in `RecorderOptions`. */
  readonly nativeHistograms?: boolean;
  readonly logging?: LoggingSettings;
  readonly tracing?: TracingSettings;
}

/** Logger, recorder and tracer that know each other: what one of them loses, the others count and tell. */
export interface Instruments<C extends Catalog> {
  readonly logger: Logger;
  readonly recorder: Recorder<C>;
  readonly tracing: Tracing;
  /** Counts and tells from now on what happens to these files, and has their size read at each scrape. */
  watchLogFiles(files: Pick<LogFiles, "observe" | "bytes">): void;
  /** For `createLogLevelControl` and `createLevelSignal`. */
  readonly logLevels: LogLevelObserver & LevelSignalObserver;
  /** For `watchStalls`. */
  stalled(stall: Stall): void;
}

/** Makes the parts that every service has, before it does anything. Nothing runs, and no process-wide handler is set. */
export function createInstruments<C extends InstrumentCatalog>(
  options: InstrumentsOptions<C>,
): Instruments<C> {
  const {
    service,
    version,
    environment,
    catalog,
    labels = {},
    nativeHistograms = false,
    tracing = {},
  } = options;
  const { sampling, level = "info", ...lines } = options.logging ?? {};
  const recorder = createRecorder(catalog, { defaultLabels: labels, nativeHistograms });
  // What a catalog that has the instruments' metrics in it records them by.
  const own = recorder as unknown as Recorder<InstrumentCatalog>;
  const logger: Logger = createLogger({
    service,
    version,
    environment,
    level,
    ...lines,
    sampling: sampling && {
      ...sampling,
      onSampledOut: (component, left) =>
        own.increment("sark_log_lines_sampled_out_total", { component }, left),
    },
    standardOutput: createStandardOutputEvents({
      recorder: own,
      logger: () => logger.child({ component: "logging" }),
    }),
  });
  return {
    logger,
    recorder,
    tracing: startTracing({
      service,
      version,
      environment,
      ...tracing,
      ...createSpanEvents({ recorder: own, logger }),
    }),
    watchLogFiles(files) {
      files.observe(createLogFilesEvents({ recorder: own, logger }));
      own.onCollect("sark_log_files_bytes", () => files.bytes);
    },
    logLevels: createLogLevelEvents({ logger }),
    stalled: createEventLoopEvents({ recorder: own, logger }).stalled,
  };
}
