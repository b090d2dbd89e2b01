import { defineSink } from "../definition/sink-definition.ts";
import { urlAddress } from "../definition/url-address.ts";
import { splunkHecSchema } from "./config.ts";
import { HEC_LIMITS } from "./request.ts";
import { createSplunkHecSink } from "./splunk-hec-sink.ts";

export const splunkHec = defineSink({
  type: "splunk_hec",
  receiver: "Splunk HTTP Event Collector",
  documentation: "https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data",
  settings: splunkHecSchema,
  example: { type: "splunk_hec", url: "https://splunk.example.com:8088", token: "${SECRET}" },
  create: createSplunkHecSink,
  errorCodes: ["secret_missing", "file_unreadable"],
  compressions: ["gzip", "none"],
  maxConcurrency: null,
  limits: {
    requestBytes: HEC_LIMITS.maxBytes,
    eventBytes: HEC_LIMITS.maxEntryBytes,
    requestEvents: null,
  },
  timeWindow:
    "outside of -2,000 days … +2 days, where no search finds it: sent with the present time, marked in `fields`",
  settlesAs: "acknowledged",
  acknowledgement: "the response, or the indexer where the token has acknowledgement on",
  refusal: "codes 5, 6, 12, 13 and 15 with status 400",
  probe: "asks the collector's health endpoint, which wants no token",
  address: ({ url }) => urlAddress(url),
});
