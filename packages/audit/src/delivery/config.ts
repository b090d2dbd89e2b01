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
  maxBatchEvents: positive.max(10_000).default(100).describe("Events in one batch at the most."),
  maxBatchBytes: positive.default(1_000_000).describe("Bytes of them at the most, before formatting."),
  maxBatchWaitMs: positive.default(5_000).describe("A batch is sent after this long even if it is not full."),
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
  requestTimeoutMs: positive.default(30_000).describe("A request has this long, answer included."),
  retryBaseMs: positive
    .default(500)
    .describe("Upper bound of the pause after a first failure; it doubles each time."),
  retryMaxMs: positive.default(30_000).describe("Longest pause between two attempts."),
  breakerFailures: positive.default(5).describe("Failures in a row that open the circuit breaker."),
  breakerOpenMs: positive.default(60_000).describe("The breaker half-opens after this long."),
  breakerProbeMs: positive
    .min(100)
    .default(5_000)
    .describe(
      "While the breaker is open the receiver's health is asked this often; when one that was away responds again, the breaker half-opens at once.",
    ),
  configurationRetryMs: positive
    .default(300_000)
    .describe("After a fault of configuration one request sees, this often, whether it was mended."),
  maxRefusalsInRow: positive
    .default(50)
    .describe("Refused events in a row after which the destination counts as wrongly configured."),
  maxUnsettledEvents: positive
    .default(50_000)
    .describe("Events that may be under way or wait for acknowledgement."),
  maxUnsettledBytes: positive.default(67_108_864).describe("Bytes of them at the most."),
  checkpointIntervalMs: positive
    .min(1_000)
    .max(86_400_000)
    .default(60_000)
    .describe(
      "A signed checkpoint of the log follows the events that it vouches for; at least so many milliseconds lie between two.",
    ),
  probeIntervalMs: positive
    .min(1_000)
    .default(15_000)
    .describe(
      "Least time between two questions about the receiver's health, in milliseconds; a delivery within that time answers for it.",
    ),
  sink: sinkSchema,
});
export type DestinationConfig = z.output<typeof destinationSchema>;
/** As people write it: what has a default may be left out. */
export type DestinationInput = z.input<typeof destinationSchema>;
