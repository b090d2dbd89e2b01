import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { mkdirSync } from "node:fs";
import { DeliveryError, deliveryHealthChecks } from "@sark/audit/delivery";
import { startLogShipping, type LogShipping, type LogShippingOptions } from "@sark/audit/log-shipping";
import { type HealthCheck } from "@sark/observability/health";
import {
  LogFolderInUseError,
  openLogFiles,
  type LogFiles,
  type LogFilesOptions,
} from "@sark/observability/logging";
import { isExposedUrl } from "@sark/observability/settings";
import { ConfigurationError } from "@sark/settings";
import type { DeliveryObserver } from "@sark/audit/delivery";
import { inUse } from "../claim-directory.ts";
import type { LoggingConfig } from "./logging-schema.ts";

/** What is told of them. */
export interface LogsTelemetry {
  watchLogFiles(files: Pick<LogFiles, "observe" | "bytes">): void;
  readonly logShipping: DeliveryObserver;
  readonly lifecycle: {
    /** Lines are shipped without TLS over a network. */
    logShippingIsPlain(endpoint: string): void;
  };
}

/** Log files and their shipping, as far as they are configured. */
export interface Logs {
  /** Where the logger writes, in addition to standard output. */
  readonly files: LogFiles | undefined;
  /** Begins to count, and to ship. */
  start(telemetry: LogsTelemetry): void;
  /** `undefined` where none are shipped. */
  shipping(): LogShipping | undefined;
  checks(): readonly HealthCheck[];
  /** Ships the last lines, as far as `logging.cloudwatch.drainTimeout` allows, and closes the files. */
  close(): Promise<void>;
}

/** Opens the files, before anything is logged. Throws when another process uses them, or they cannot be written. */
export async function openLogs(
  config: Pick<LoggingConfig, "files" | "cloudwatch">,
  {
    dataDirectory,
    environment,
    worker = null,
  }: {
    readonly dataDirectory: string;
    readonly environment: NodeJS.ProcessEnv;
    /** Each worker has files of its own, in a folder of its number. */
    readonly worker?: number | null;
  },
): Promise<Logs> {
  if (config.files === undefined) {
    return NO_LOGS;
  }
  const { cloudwatch } = config;
  const {
    directory: folder = join(dataDirectory, "logs"),
    maxFileSize,
    maxFileAge,
    maxTotalSize,
    compressAfter,
  } = config.files;
  const own = worker === null ? "" : `worker-${worker}`;
  const directory = resolve(folder, own);
  const host = [hostname(), own].filter(Boolean).join("-");
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  const files = open({
    directory,
    maxFileBytes: maxFileSize,
    maxAgeSeconds: maxFileAge / 1_000,
    maxTotalBytes: maxTotalSize,
    compressAfterSeconds: compressAfter / 1_000,
  });
  let shipping: LogShipping | undefined;
  return {
    files,
    start({ watchLogFiles, lifecycle, logShipping }) {
      watchLogFiles(files);
      if (cloudwatch === undefined) {
        return;
      }
      const { endpoint } = cloudwatch;
      if (endpoint !== undefined && isExposedUrl(new URL(endpoint))) {
        lifecycle.logShippingIsPlain(endpoint);
      }
      shipping = ship({ files, config: cloudwatch, host, environment, observer: logShipping });
    },
    shipping: () => shipping,
    checks: () => [filesCheck(files), ...(shipping === undefined ? [] : deliveryHealthChecks(shipping))],
    async close() {
      try {
        await shipping?.close();
      } finally {
        await files.close();
      }
    },
  };
}

function open(options: LogFilesOptions): LogFiles {
  try {
    return openLogFiles(options);
  } catch (error) {
    throw error instanceof LogFolderInUseError
      ? inUse(options.directory, "logging.files.directory", error)
      : error;
  }
}

/** Optional: a service does its work without its log files, and says on standard error what they miss. */
function filesCheck(files: LogFiles): HealthCheck {
  return {
    name: "log-files",
    component: "logs",
    required: false,
    intervalMs: 2_000,
    check: () => (files.failure === null ? Promise.resolve() : Promise.reject(files.failure)),
    known: () => ({ bytes: files.bytes }),
  };
}

/** Throws `ConfigurationError` where a secret is missing. */
function ship(options: LogShippingOptions): LogShipping {
  try {
    return startLogShipping(options);
  } catch (cause) {
    if (!(cause instanceof DeliveryError)) {
      throw cause;
    }
    throw new ConfigurationError(`The configuration is not valid:\n  logging.cloudwatch: ${cause.message}`, {
      cause,
    });
  }
}

const NO_LOGS: Logs = {
  files: undefined,
  start: () => undefined,
  shipping: () => undefined,
  checks: () => [],
  close: () => Promise.resolve(),
};
