import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { FORMAT_NAMES } from "./audit-events/format.ts";
import { compressionSchema } from "./packing/compress.ts";
import { cloudWatchSchema } from "./sinks/cloudwatch/config.ts";
import { datadogSchema } from "./sinks/datadog/config.ts";
import { otlpSchema } from "./sinks/otlp/config.ts";
import { splunkHecSchema } from "./sinks/splunk-hec/config.ts";
import { syslogSchema } from "./sinks/syslog/config.ts";
import { webhookSchema } from "./sinks/webhook/config.ts";

const positive = z.number().int().positive();
const duration = durationSchema();
const size = byteSizeSchema();

const sinkSchema = z
  .discriminatedUnion("type", [
    splunkHecSchema,
    datadogSchema,
    cloudWatchSchema,
    syslogSchema,
    otlpSchema,
    webhookSchema,
  ])
  .describe("The receiver itself, by its `type`.");

const startSchema = z
  .union(
    [
      z.enum(["now", "beginning"]),
      z.strictObject({ seq: z.number().int().min(0).describe("Number of the first event.") }),
      z.strictObject({
        time: z.iso.datetime({ offset: true }).describe("Time of the first event, RFC 3339."),
      }),
    ],
    { error: 'must be "now", "beginning", {"seq": NUMBER} or {"time": RFC 3339}' },
  )
  .default("now")
  .describe("Where a destination begins that is new; one that is known goes on where it was.");

/** One destination of the audit log, as it stands in a configuration file. */
export const destinationSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, "up to 63 of a-z, 0-9 and -, starting with a letter")
    .describe("Name of the destination; its place in the log is kept under it."),
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether it gets events. Retention does not wait for one that does not."),
  format: z.enum(FORMAT_NAMES).default("json").describe("How events are written."),
  start: startSchema,
  maxBatchEvents: positive.max(10_000).default(100).describe("Most events in one batch."),
  maxBatchSize: size.prefault("1MiB").describe("Largest batch, before formatting."),
  maxBatchWait: duration.prefault("5s").describe("A batch is sent after this long even if it is not full."),
  maxCatchUpEvents: positive
    .max(10_000)
    .default(2_000)
    .describe(
      "While ten full batches or more wait, a request carries several of them, up to so many events; as many as `maxBatchEvents` turns that off.",
    ),
  compression: compressionSchema,
  maxConcurrency: positive
    .max(64)
    .default(1)
    .describe(
      "Most requests under way at a time. With 1, events arrive in the order of the log; more can clear a backlog faster where the receiver is far away. Syslog always has 1.",
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
      "Least time between two questions about the receiver's health; a delivery within that time answers for it.",
    ),
  sink: sinkSchema,
});
/** A destination's configuration, checked and with its defaults. */
export type DestinationConfig = z.output<typeof destinationSchema>;
/** As people write it: what has a default may be left out. */
export type DestinationInput = z.input<typeof destinationSchema>;
