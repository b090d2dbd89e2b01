import { isIPv4, isIPv6 } from "node:net";
import { subnetSchema } from "@sark/http-service/config";
import { durationSchema, secretSchema } from "@sark/observability/settings";
import { z } from "zod";

const nameServer = z
  .string()
  .max(100)
  .refine(
    isNameServer,
    "must be an address, with a port or without: 10.0.0.2, 10.0.0.2:5353, [fd00::2]:5353",
  );

/** Section `webhooks`: what tenants are told of, at addresses that they have named. */
export const webhooksSchema = z.strictObject({
  secretKey: secretSchema()
    .optional()
    .describe(
      "Key that secrets of webhooks are sealed with in the database, at least 32 characters: the same on every replica. Without it one is made at the first start, in `webhooks.key` of the data directory.",
    ),
  furtherSecretKeys: z
    .array(secretSchema())
    .max(10)
    .default([])
    .describe(
      "Keys that secrets are opened with, too: the former one after a change of `webhooks.secretKey`, the next one before it.",
    ),
  maxPerTenant: z.number().int().min(1).max(1_000).default(20).describe("Webhooks that a tenant may have."),
  timeout: durationSchema({ min: "100ms", max: "60s" })
    .prefault("10s")
    .describe("A receiver has this long for its whole response, the look-up of its name included."),
  interval: durationSchema({ min: "100ms", max: "1m" })
    .prefault("1s")
    .describe(
      "How often each replica looks for what is to be sent. What it has committed itself is sent at once.",
    ),
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
  nameServers: z
    .array(nameServer)
    .max(10)
    .default([])
    .describe(
      "Name servers that names of receivers are asked of, as `10.0.0.2` or `10.0.0.2:5353`; without them those of the system.",
    ),
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

function isNameServer(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isAddress = isIPv6(text) || (v6 !== undefined && isIPv6(v6)) || (v4 !== undefined && isIPv4(v4));
  return isAddress && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}
