import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { destinationSchema } from "../config.ts";
import { cloudWatchSchema } from "../sinks/cloudwatch/config.ts";

const { region, endpoint, credentials, retention, tls, logStream } = cloudWatchSchema.shape;
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
  retention,
  tls,
  maxBatchEvents: z
    .number()
    .int()
    .positive()
    .max(10_000)
    .default(1_000)
    .describe("Most lines in one request."),
  maxBatchSize: shape.maxBatchSize,
  maxCatchUpEvents: shape.maxCatchUpEvents,
  maxBatchWait: shape.maxBatchWait,
  requestTimeout: shape.requestTimeout,
  retryBaseDelay: shape.retryBaseDelay,
  retryMaxDelay: shape.retryMaxDelay,
  breakerFailures: shape.breakerFailures,
  breakerOpenDuration: shape.breakerOpenDuration,
  breakerProbeInterval: shape.breakerProbeInterval,
  configurationRetryInterval: shape.configurationRetryInterval,
  maxRefusalsInRow: shape.maxRefusalsInRow,
  maxUnsettledEvents: shape.maxUnsettledEvents,
  maxUnsettledSize: shape.maxUnsettledSize,
  probeInterval: shape.probeInterval,
  drainTimeout: durationSchema({ min: "0s" })
    .prefault("5s")
    .describe(
      "At the end of the process the last lines have this long to be shipped; then they wait for the next start.",
    ),
});
/** Configuration of the shipping of log files, checked and with its defaults. */
export type LogShippingConfig = z.output<typeof logShippingSchema>;
