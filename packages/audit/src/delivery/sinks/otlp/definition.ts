import { defineSink } from "../definition/sink-definition.ts";
import { urlAddress } from "../definition/url-address.ts";
import { otlpSchema } from "./config.ts";
import { createOtlpSink } from "./otlp-sink.ts";
import { OTLP_LIMITS } from "./request.ts";

export const otlp = defineSink({
  type: "otlp",
  receiver: "OpenTelemetry logs over HTTP, JSON",
  documentation: "https://opentelemetry.io/docs/specs/otlp/",
  settings: otlpSchema,
  example: { type: "otlp", url: "https://collector.example.com:4318" },
  create: createOtlpSink,
  errorCodes: ["secret_missing", "file_unreadable"],
  compressions: ["gzip", "none"],
  maxConcurrency: null,
  limits: {
    requestBytes: OTLP_LIMITS.maxBytes,
    eventBytes: OTLP_LIMITS.maxEntryBytes,
    requestEvents: null,
  },
  timeWindow:
    "after 11 April 2262: sent with the time at which it was recorded, `sark.audit.late` and `sark.audit.event_time`",
  settlesAs: "acknowledged",
  acknowledgement: "the response (2xx)",
  refusal: "status 400 with a `google.rpc.Status`, or a `partialSuccess` that counts refused records",
  probe: "opens a connection and ends it",
  address: ({ url }) => urlAddress(url),
});
