import { secretSchema } from "@sark/observability/settings";
import { z } from "zod";
import { extraHeadersSchema } from "../../http/extra-headers.ts";
import { receiverUrlSchema } from "../../http/receiver-url.ts";
import { tlsSchema } from "../../http/tls.ts";

export const webhookSchema = z.strictObject({
  type: z.literal("webhook"),
  url: receiverUrlSchema.describe("Address that the events are posted to."),
  secret: secretSchema().describe("Key of the signature: `whsec_` and base64, or any text."),
  headers: extraHeadersSchema,
  tls: tlsSchema.optional(),
});
export type WebhookSettings = z.output<typeof webhookSchema>;
