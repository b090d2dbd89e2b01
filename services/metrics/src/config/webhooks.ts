import { subnetSchema } from "@sark/http-service/config";
import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

/** Section `webhooks`: what tenants are told of, at addresses that they have named. */
export const webhooksSchema = z.strictObject({
  maxPerTenant: z.number().int().min(1).max(1_000).default(20).describe("Webhooks that a tenant may have."),
  timeout: durationSchema({ min: "100ms", max: "60s" })
    .prefault("10s")
    .describe("A receiver has this long for its whole response, the look-up of its name included."),
  interval: durationSchema({ min: "100ms", max: "1m" })
    .prefault("1s")
    .describe("How often each replica looks for what is to be sent."),
  maxAttempts: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("Attempts of one delivery; then it is dead, and its tenant may have it sent again."),
  retryDelay: durationSchema({ min: "100ms", max: "1h" })
    .prefault("5s")
    .describe(
      "Longest wait before the second attempt; each further one may wait twice as long. A random part is waited, or what `Retry-After` says if that is more.",
    ),
  maxRetryDelay: durationSchema({ min: "100ms", max: "1d" })
    .prefault("6h")
    .describe("Longest wait before another attempt."),
  disableAfter: durationSchema({ min: "1s", max: "90d" })
    .prefault("3d")
    .describe("A webhook whose attempts have all failed for so long is disabled, and its tenant is told."),
  keepFor: durationSchema({ min: "1h", max: "3650d" })
    .prefault("30d")
    .describe("How long events and their deliveries are kept after they came about."),
  allowHttp: z
    .boolean()
    .default(false)
    .describe("Whether messages are sent over plain `http`, too: readable on the way, for tests."),
  allowedAddresses: z
    .array(subnetSchema)
    .max(100)
    .default([])
    .describe(
      "Addresses or subnets that messages are sent to although they are not of the public internet. Each address of a name has to be allowed.",
    ),
});
