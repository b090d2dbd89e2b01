import { durationSchema, secretSchema } from "@sark/observability/settings";
import { z } from "zod";
import { receiverUrlSchema } from "../../http/receiver-url.ts";
import { tlsSchema } from "../../http/tls.ts";

export const splunkHecSchema = z.strictObject({
  type: z.literal("splunk_hec"),
  url: receiverUrlSchema.describe("Address of the collector, e.g. https://splunk.example.com:8088"),
  token: secretSchema().describe("The HEC token."),
  index: z.string().min(1).optional().describe("Index to write to; without it the token's default."),
  source: z.string().min(1).default("sark").describe("Splunk's `source`."),
  sourcetype: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Splunk's `sourcetype`; without it `sark:` and the kind of service, which is `sark:gateway` here.",
    ),
  acknowledgement: z
    .enum(["auto", "required", "off"])
    .default("auto")
    .describe(
      "Indexer acknowledgement: `auto` waits for it where the token has it on, `required` takes its absence for a fault, `off` does not wait.",
    ),
  acknowledgementPollInterval: durationSchema()
    .prefault("1s")
    .describe("Pause between two questions about acknowledgements; it grows while none come."),
  acknowledgementTimeout: durationSchema()
    .prefault("5m")
    .describe("Without acknowledgement after this long the events are sent again."),
  tls: tlsSchema.optional(),
});
export type SplunkHecSettings = z.output<typeof splunkHecSchema>;
