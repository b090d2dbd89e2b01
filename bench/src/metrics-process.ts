import { type ServiceUnderLoad, startServiceProcess } from "./service-process.ts";

/** Starts a metrics service on this database; resolves when it listens. */
export function startMetricsProcess(options: {
  readonly databaseUrl: string;
  readonly dataDirectory: string;
  readonly platformKey: string;
  /** Of each tenant. Default: no limit. */
  readonly eventsPerSecond?: number;
  /** Root of the checkout whose service it is. Default: this one. */
  readonly checkout?: string | undefined;
}): Promise<ServiceUnderLoad> {
  return startServiceProcess({
    main: "services/metrics/src/main.ts",
    ...(options.checkout === undefined ? {} : { checkout: options.checkout }),
    env: {
      DATABASE_URL: options.databaseUrl,
      METRICS_DATA_DIRECTORY: options.dataDirectory,
      METRICS_HTTP_PORT: "0",
      METRICS_PLATFORM_KEY: options.platformKey,
      METRICS_INGEST_EVENTS_PER_SECOND: String(options.eventsPerSecond ?? 10_000_000),
      METRICS_INGEST_BURST: options.eventsPerSecond === undefined ? "100000000" : "10000",
    },
  });
}
