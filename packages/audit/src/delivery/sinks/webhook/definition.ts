import { defineSink } from "../definition/sink-definition.ts";
import { urlAddress } from "../definition/url-address.ts";
import { webhookSchema } from "./config.ts";
import { WEBHOOK_LIMITS } from "./request.ts";
import { createWebhookSink } from "./webhook-sink.ts";

export const webhook = defineSink({
  type: "webhook",
  receiver: "any HTTP address, signed as Standard Webhooks are",
  documentation: "https://www.standardwebhooks.com/",
  settings: webhookSchema,
  example: { type: "webhook", url: "https://hooks.example.com/sark", secret: "${SECRET}" },
  create: createWebhookSink,
  errorCodes: ["secret_missing", "file_unreadable"],
  // Receivers as Standard Webhooks show them do not unpack.
  compressions: ["none", "gzip"],
  maxConcurrency: null,
  limits: {
    requestBytes: WEBHOOK_LIMITS.maxBytes,
    eventBytes: WEBHOOK_LIMITS.maxEntryBytes,
    requestEvents: null,
  },
  timeWindow: "none",
  settlesAs: "acknowledged",
  acknowledgement: "the response (2xx)",
  refusal: "status 422 without a web page",
  probe: "opens a connection and ends it",
  address: ({ url }) => urlAddress(url),
});
