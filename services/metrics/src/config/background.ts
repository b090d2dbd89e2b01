import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

/** Section `jobs`: how work in the background is run. */
export const jobsSchema = z.strictObject({
  atOnce: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe("Jobs of one kind that a process runs at once."),
  retries: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(8)
    .describe(
      "A job that failed is tried again so often; then it is a dead letter, which the platform can run again.",
    ),
  retryDelay: durationSchema({ min: "1s", max: "1h" })
    .prefault("5s")
    .describe("Wait before the first retry; each further one waits twice as long, less a random part."),
  maxRetryDelay: durationSchema({ min: "1s", max: "1d" })
    .prefault("10m")
    .describe("Longest wait before a retry."),
  heartbeat: durationSchema({ min: "10s", max: "10m" })
    .prefault("30s")
    .describe("A job whose process shows no sign of life for this long is given to another one."),
  drainTimeout: durationSchema({ min: "0s", max: "10m" })
    .prefault("5s")
    .describe("On shutdown, jobs have this long to end; others are run again, here or at another replica."),
});

/** Section `rollups`. */
export const rollupsSchema = z.strictObject({
  interval: durationSchema({ min: "100ms", max: "10m" })
    .prefault("5s")
    .describe(
      "A tenant whose events change has its hours counted anew at most this often. Queries do not wait for it.",
    ),
});

/** Section `kpis`. */
export const kpisSchema = z.strictObject({
  refreshInterval: durationSchema({ min: "1s", max: "1h" })
    .prefault("30s")
    .describe("How often active users of each tenant are counted for the metrics, after the count before."),
  embeddedMetrics: z
    .strictObject({
      namespace: z
        .string()
        .regex(
          /^(?!AWS\/|:)(?=.*[^ ])[A-Za-z0-9._\-/#: ]{1,255}$/,
          "must be a namespace of CloudWatch, not one of AWS itself",
        )
        .default("SARK/Metrics")
        .describe("Namespace of the metrics in CloudWatch."),
      maxTenants: z
        .number()
        .int()
        .min(1)
        .max(1_000)
        .default(100)
        .describe(
          "Tenants with metrics, those first that are there for longest: CloudWatch bills each metric of each tenant.",
        ),
    })
    .optional()
    .describe(
      "Write KPIs of tenants to the log each minute, in the Embedded Metric Format, of which CloudWatch makes metrics. Without it they are not written.",
    ),
});

const days = z.number().int().min(1).max(36_500);

/** Section `retention`. */
export const retentionSchema = z.strictObject({
  eventDays: days
    .default(400)
    .describe(
      "Days that raw events are kept, where a tenant says nothing itself. Their counts stay in the roll-ups.",
    ),
  minDays: days
    .default(7)
    .describe("Fewest days that a tenant may choose for its raw events itself (`PUT /v1/tenant/retention`)."),
  rollupDays: days.default(1_100).describe("Days that roll-ups are kept."),
  recordDays: days
    .default(400)
    .describe(
      "Days that completed erasures are kept, and how many events a tenant has sent each day. The log of security events keeps who asked for an erasure.",
    ),
  idempotencyDays: days
    .default(7)
    .describe("Days that a request which is sent again with its `Idempotency-Key` gets the same response."),
  notice: durationSchema({ min: "1s", max: "1d" })
    .prefault("10m")
    .describe("Between the refusal of events that are too old, at all replicas, and their deletion."),
});
