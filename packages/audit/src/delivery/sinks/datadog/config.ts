import { secretSchema } from "@sark/observability/settings";
import { z } from "zod";
import { receiverUrlSchema } from "../../http/receiver-url.ts";
import { tlsSchema } from "../../http/tls.ts";

/** https://docs.datadoghq.com/getting_started/site/ */
const DATADOG_SITES = [
  "datadoghq.com",
  "us2.ddog-gov.com",
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "uk1.datadoghq.com",
  "ddog-gov.com",
] as const;

export const datadogSchema = z.strictObject({
  type: z.literal("datadog"),
  site: z.enum(DATADOG_SITES).default("datadoghq.com").describe("Datadog site of the account."),
  url: receiverUrlSchema.optional().describe("Address of the intake instead of the site's, for a proxy."),
  apiKey: secretSchema().describe("The API key."),
  service: z
    .string()
    .regex(/^[^,\s]{1,100}$/, "no comma or space")
    .optional()
    .describe("Datadog's `service`, also as a tag; without it the name of the service that records."),
  tags: z
    .array(
      z.string().regex(/^[a-zA-Z][^,\s]{0,199}$/, "a tag starts with a letter and has no comma or space"),
    )
    .max(50)
    .default([])
    .describe("Further tags, e.g. env:production"),
  tls: tlsSchema.optional(),
});
export type DatadogSettings = z.output<typeof datadogSchema>;
