import type { RequestListener } from "node:http";
import { createHealth, type Health } from "../health/create-health.ts";
import type { HealthCheck } from "../health/types.ts";
import { watchStalls } from "../event-loop/watch-stalls.ts";
import { installCrashHandlers, type CrashOptions } from "../logging/crash.ts";
import { openLogFiles, type LogFilesOptions } from "../logging/files/open-log-files.ts";
import { createLevelSignal } from "../logging/level-control/level-signal.ts";
import { createLogLevelControl, type LogLevelControl } from "../logging/level-control/log-level-control.ts";
import { mergeCatalogs, type Catalog } from "../metrics/catalog.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import {
  createInstruments,
  type Instruments,
  type LoggingSettings,
  type ServiceIdentity,
  type TracingSettings,
} from "./create-instruments.ts";
import { endOnSignal } from "./end-on-signal.ts";
import { httpServerCatalog, type HttpServerCatalog } from "./http/catalog.ts";
import { createOperations } from "./http/operations.ts";
import { createServe, type RequestHandler } from "./http/serve-requests.ts";
import { instrumentCatalog, type InstrumentCatalog } from "./instrument-catalog.ts";

/** What `createObservability` takes: who the service is, and what differs from the defaults. */
export interface ObservabilityOptions<C extends Catalog> extends ServiceIdentity {
  /** The service's own metrics, and those of libraries that it uses. */
  readonly catalog?: C;
  /** Labels of every series, as the number of a worker. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Level `info`, to standard output. With `files` also to files, which come first. */
  readonly logging?: LoggingSettings & { readonly files?: LogFilesOptions };
  /** Without an endpoint no span leaves the process. `slowerThanMs`: see `serve`. Default 5000. */
  readonly tracing?: TracingSettings & { readonly slowerThanMs?: number };
  /** What the service depends on; more can be added to `health` later. */
  readonly checks?: readonly HealthCheck[];
  /** Stalls of the event loop that are longer are counted and said. Default 250. */
  readonly stallsOverMs?: number;
  /** What is done before an error that no code caught ends the process. */
  readonly crash?: CrashOptions;
}

/** Everything that those who run a service look at, wired together. */
export interface Observability<C extends Catalog> extends Pick<Instruments<C>, "logger" | "tracing"> {
  readonly recorder: Recorder<C & InstrumentCatalog & HttpServerCatalog>;
  readonly health: Health;
  /** Levels of components, changed while running; SIGUSR2 sets all of them to `debug` for ten minutes, and back. */
  readonly levels: LogLevelControl;
  /**
   * A handler of requests, with a span, a duration and an id for each: the id is on every line that is logged meanwhile, and
   * in the header `x-correlation-id` of the response. A request that fails, or takes longer than `slowerThanMs`, is
   * traced though it was not sampled. What the handler throws is logged and becomes a 500.
   */
  serve(handler: RequestHandler): RequestListener;
  /**
   * Serves `/metrics`, `/livez` (`/health`), `/readyz` (`/health/ready`) and `/health/detailed`. It tells all that there is: give it
   * a port that callers of the service do not reach.
   */
  readonly operations: RequestListener;
  /**
   * On SIGTERM, SIGINT or SIGHUP: readiness turns 503, `stop` runs, `close` is called, and the process exits with 0; with 1 where
   * `stop` fails or takes longer than `graceMs` (default 30,000). A second signal does not wait.
   */
  stopOnSignal(stop: () => unknown, graceMs?: number): void;
  /** Sends the last spans, writes the last lines, and takes away every handler. Never rejects. */
  close(): Promise<void>;
}

/**
 * Wires logger, metrics, traces, health, levels and crash handlers of one process. It is to be called first and once: what
 * is thrown after it is logged. Throws when the log files cannot be used.
 */
export function createObservability<const C extends Catalog = InstrumentCatalog>(
  options: ObservabilityOptions<C>,
): Observability<C> {
  const { logging: { files: fileOptions, ...logging } = {}, tracing: traced = {}, checks = [] } = options;
  const { slowerThanMs = 5_000, ...tracing } = traced;
  const files = fileOptions === undefined ? null : openLogFiles(fileOptions);
  const own = mergeCatalogs(instrumentCatalog, httpServerCatalog);
  const { recorder, logger, ...instruments } = createInstruments({
    ...options,
    // The service's own names are checked against these; of their types the compiler knows no more than that they are metrics.
    catalog: mergeCatalogs(options.catalog ?? {}, own) as typeof own,
    logging: {
      ...logging,
      destination: [...(files === null ? [] : [files]), logging.destination ?? "stdout"].flat(),
    },
    tracing,
  });
  if (files !== null) {
    instruments.watchLogFiles(files);
  }
  const removeCrashHandlers = installCrashHandlers(logger, options.crash);
  const health = createHealth({ version: options.version, checks });
  health.start();
  const levels = createLogLevelControl(logger, instruments.logLevels);
  const switchLevels = createLevelSignal(levels, instruments.logLevels);
  process.on("SIGUSR2", switchLevels);
  const stalls = watchStalls({ slowerThanMs: options.stallsOverMs ?? 250, onStall: instruments.stalled });
  let removeSignals = (): void => undefined;
  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    health.setDraining(true);
    health.close();
    stalls.close();
    levels.close();
    process.off("SIGUSR2", switchLevels);
    await instruments.tracing.shutdown();
    removeSignals();
    removeCrashHandlers();
    logger.flush();
    await files?.close();
  }

  const observability: Observability<Catalog> = {
    logger,
    recorder,
    tracing: instruments.tracing,
    health,
    levels,
    serve: createServe({ logger, recorder, tracing: instruments.tracing, slowerThanMs }),
    operations: createOperations(recorder, health),
    stopOnSignal(stop, graceMs = 30_000) {
      removeSignals = endOnSignal(() => {
        health.setDraining(true);
        const late = setTimeout(() => {
          logger.fatal({ duration_ms: graceMs }, "the service did not stop in time");
          process.exit(1);
        }, graceMs);
        void (async () => {
          let code = 0;
          try {
            await stop();
          } catch (error) {
            logger.fatal({ error }, "the service could not stop");
            code = 1;
          }
          await observability.close();
          clearTimeout(late);
          process.exit(code);
        })();
      });
    },
    close: () =>
      (closing ??= close().catch((error: unknown) => logger.error({ error }, "not all could be closed"))),
  };
  return observability as unknown as Observability<C>;
}
