import { durationSchema, textWithReferencesSchema } from "@sark/observability/settings";
import { z } from "zod";

const tlsSchema = z
  .strictObject({
    caFile: z.string().optional().describe("PEM of the authority that signed the server's certificate."),
    certFile: z.string().optional().describe("PEM of the certificate that we show, with keyFile."),
    keyFile: z.string().optional().describe("PEM of its private key."),
    serverName: z
      .string()
      .optional()
      .describe("Name expected in the certificate instead of the address's host."),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    message: "give certFile and keyFile together",
  });

/** Section `redis`: what replicas share. */
export const redisSchema = z.strictObject({
  url: textWithReferencesSchema()
    .refine((url) => /^(?:rediss?:\/\/|\$\{)/.test(url), {
      message: "must look like redis://user:${PASSWORD}@host:6379/0, or rediss:// for TLS",
    })
    .describe(
      "Redis (6 or newer) or Valkey that all replicas share; `rediss://` is with TLS. It may refer to secrets, as in `rediss://sark:${file:/run/secrets/redis}@redis:6379`; they are read again for each connection.",
    ),
  timeout: durationSchema({ min: "5ms", max: "5s" })
    .prefault("50ms")
    .describe(
      "A call waits this long for it; then limits are those of each replica until it responds again.",
    ),
  keyPrefix: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, "must be up to 64 printable characters without spaces")
    .default("{sark}:")
    .describe(
      "Begins every key. In a cluster, a part in braces keeps them together, as a call needs several at once.",
    ),
  tls: tlsSchema.optional().describe("For `rediss://`; the server's certificate is always verified."),
});

export type RedisSettings = z.output<typeof redisSchema>;
