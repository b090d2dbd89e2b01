import { z } from "zod";
import { extraHeadersSchema } from "../../http/extra-headers.ts";
import { receiverUrlSchema } from "../../http/receiver-url.ts";
import { tlsSchema } from "../../http/tls.ts";

export const otlpSchema = z.strictObject({
  type: z.literal("otlp"),
  url: receiverUrlSchema.describe("OTLP/HTTP endpoint without /v1/logs, e.g. http://collector:4318"),
  service: z
    .string()
    .min(1)
    .optional()
    .describe("The resource's `service.name`; without it the name of the service that records."),
  headers: extraHeadersSchema,
  tls: tlsSchema.optional(),
});
export type OtlpSettings = z.output<typeof otlpSchema>;
