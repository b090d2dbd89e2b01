import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import type { Compression } from "../../domain/compression.ts";
import type { DeliverySettings } from "./settings.ts";

const positive = z.number().int().positive();
const duration = durationSchema();
const size = byteSizeSchema();

/** How the engine treats one destination, as it stands in a configuration file. */
export const deliverySettingsShape = {
  maxBatchEvents: positive.max(10_000).default(100).describe("Most events in one batch."),
  maxBatchSize: size.prefault("1MiB").describe("Largest batch, before formatting."),
  maxBatchWait: duration.prefault("5s").describe("A batch is sent after this long even if it is not full."),
  maxCatchUpEvents: positive
    .max(10_000)
    .default(2_000)
    .describe(
      "While ten full batches or more wait, a request carries several of them, up to so many events; as many as `maxBatchEvents` turns that off.",
    ),
  maxConcurrency: positive
    .max(64)
    .default(1)
    .describe(
      "Most requests under way at a time. With 1, events arrive in the order of the log; more can clear a backlog faster where the receiver is far away.",
    ),
  requestTimeout: duration.prefault("30s").describe("A request has this long, its response included."),
  retryBaseDelay: duration
    .prefault("500ms")
    .describe("Upper bound of the pause after a first failure; it doubles each time."),
  retryMaxDelay: duration.prefault("30s").describe("Longest pause between two attempts."),
  breakerFailures: positive.default(5).describe("Failures in a row that open the circuit breaker."),
  breakerOpenDuration: duration.prefault("1m").describe("The breaker half-opens after this long."),
  breakerProbeInterval: durationSchema({ min: "100ms" })
    .prefault("5s")
    .describe(
      "While the breaker is open the receiver's health is asked this often; when one that was away responds again, the breaker half-opens at once.",
    ),
  configurationRetryInterval: duration
    .prefault("5m")
    .describe("After a fault of configuration one request sees, this often, whether it was mended."),
  maxRefusalsInRow: positive
    .default(50)
    .describe("Refused events in a row after which the destination counts as wrongly configured."),
  maxUnsettledEvents: positive
    .default(50_000)
    .describe("Events that may be under way or wait for acknowledgement."),
  maxUnsettledSize: size.prefault("64MiB").describe("Size of all of them."),
  checkpointInterval: durationSchema({ min: "1s", max: "24h" })
    .prefault("1m")
    .describe(
      "A signed checkpoint of the log follows the events that it vouches for; two are at least so far apart.",
    ),
  probeInterval: durationSchema({ min: "1s" })
    .prefault("15s")
    .describe(
      "Least time between two questions about the receiver's health; a delivery within that time stands for it.",
    ),
};

/** The same, read. */
export type WrittenSettings = {
  readonly [K in keyof typeof deliverySettingsShape]: z.output<(typeof deliverySettingsShape)[K]>;
};

export function toSettings(config: WrittenSettings, compression: Compression): DeliverySettings {
  return {
    maxEvents: config.maxBatchEvents,
    maxBytes: config.maxBatchSize,
    maxCatchUpEvents: config.maxCatchUpEvents,
    maxWaitMs: config.maxBatchWait,
    maxConcurrency: config.maxConcurrency,
    retry: { baseMs: config.retryBaseDelay, maxMs: config.retryMaxDelay },
    breaker: { failures: config.breakerFailures, openMs: config.breakerOpenDuration },
    probeMs: config.breakerProbeInterval,
    checkpointMs: config.checkpointInterval,
    configurationRetryMs: config.configurationRetryInterval,
    maxRefusalsInRow: config.maxRefusalsInRow,
    maxUnsettledEvents: Math.max(config.maxUnsettledEvents, config.maxBatchEvents),
    maxUnsettledBytes: config.maxUnsettledSize,
    probeIntervalMs: config.probeInterval,
    compression,
  };
}
