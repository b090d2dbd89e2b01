import { defineSink } from "../definition/sink-definition.ts";
import { urlAddress } from "../definition/url-address.ts";
import { createCloudWatchSink } from "./cloudwatch-sink.ts";
import { cloudWatchSchema } from "./config.ts";
import { MAX_BYTES, MAX_ENTRIES, MAX_MESSAGE_BYTES } from "./request.ts";

export const cloudWatch = defineSink({
  type: "cloudwatch",
  receiver: "Amazon CloudWatch Logs",
  documentation: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html",
  settings: cloudWatchSchema,
  example: {
    type: "cloudwatch",
    region: "eu-central-1",
    logGroup: "/sark/audit",
    credentials: { accessKeyId: "${SECRET}", secretAccessKey: "${SECRET}" },
  },
  create: (settings, context) => createCloudWatchSink(settings, context),
  errorCodes: ["secret_missing", "file_unreadable"],
  // The protocol has none.
  compressions: ["none"],
  maxConcurrency: null,
  limits: { requestBytes: MAX_BYTES, eventBytes: MAX_MESSAGE_BYTES, requestEvents: MAX_ENTRIES },
  timeWindow:
    "outside of -14 days, or the group's retention, … +2 h: sent with the present time, `late: true` and `event_time`",
  settlesAs: "acknowledged",
  acknowledgement: "the response",
  refusal: "`InvalidParameterException`, `ValidationException` and `SerializationException`",
  probe: "lists the log group; a permission that is missing for that is no fault",
  address: ({ endpoint }) => (endpoint === undefined ? null : urlAddress(endpoint)),
});
