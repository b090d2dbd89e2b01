import { defineSink } from "../definition/sink-definition.ts";
import { urlAddress } from "../definition/url-address.ts";
import { datadogSchema } from "./config.ts";
import { createDatadogSink } from "./datadog-sink.ts";
import { DATADOG_LIMITS, MAX_ENTRIES } from "./request.ts";

export const datadog = defineSink({
  type: "datadog",
  receiver: "Datadog Logs, version 2",
  documentation: "https://docs.datadoghq.com/api/latest/logs/#send-logs",
  settings: datadogSchema,
  example: { type: "datadog", site: "datadoghq.eu", apiKey: "${SECRET}" },
  create: createDatadogSink,
  errorCodes: ["secret_missing", "file_unreadable"],
  compressions: ["gzip", "none"],
  maxConcurrency: null,
  limits: {
    requestBytes: DATADOG_LIMITS.maxBytes,
    eventBytes: DATADOG_LIMITS.maxEntryBytes,
    requestEvents: MAX_ENTRIES,
  },
  timeWindow: "outside of -18 h … +2 h: sent with the present time, `late: true` and `event_time`",
  settlesAs: "acknowledged",
  acknowledgement: "the response (202)",
  refusal: "status 400 with the intake's list of errors",
  probe: "sends the intake a request without entries, with the key",
  address: ({ url }) => (url === undefined ? null : urlAddress(url)),
});
