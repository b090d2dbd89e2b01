import { z } from "zod";
import { destinationSchema } from "../config.ts";
import { cloudWatchSchema } from "../sinks/cloudwatch/config.ts";

const { region, endpoint, credentials, retentionDays, tls, logStream } = cloudWatchSchema.shape;
const { shape } = destinationSchema;

/** Where the log files are shipped to, as it stands in a configuration file. */
export const logShippingSchema = z.strictObject({
  region,
  endpoint,
  credentials,
  groupPrefix: z
    .string()
    .regex(/^[.\-_/#A-Za-z0-9]{0,480}$/, "up to 480 of a-z, A-Z, 0-9, . - _ / #")
    .default("")
    .describe(
      "Stands in front of the groups' names, `application`, `exceptions` and `security-audit`, e.g. `/sark/production/`.",
    ),
  stream: logStream,
  retentionDays,
  tls,
  maxBatchEvents: z
    .number()
    .int()
    .positive()
    .max(10_000)
    .default(1_000)
    .describe("Lines in one request at the most."),
  maxBatchBytes: shape.maxBatchBytes,
  maxCatchUpEvents: shape.maxCatchUpEvents,
  maxBatchWaitMs: shape.maxBatchWaitMs,
  requestTimeoutMs: shape.requestTimeoutMs,
  retryBaseMs: shape.retryBaseMs,
  retryMaxMs: shape.retryMaxMs,
  breakerFailures: shape.breakerFailures,
  breakerOpenMs: shape.breakerOpenMs,
  breakerProbeMs: shape.breakerProbeMs,
  configurationRetryMs: shape.configurationRetryMs,
  maxRefusalsInRow: shape.maxRefusalsInRow,
  maxUnsettledEvents: shape.maxUnsettledEvents,
  maxUnsettledBytes: shape.maxUnsettledBytes,
  probeIntervalMs: shape.probeIntervalMs,
  drainMs: z
    .number()
    .int()
    .min(0)
    .default(5_000)
    .describe(
      "At the end of the process the last lines have this long to be shipped; then they wait for the next start.",
    ),
});
export type LogShippingConfig = z.output<typeof logShippingSchema>;
