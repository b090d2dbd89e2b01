import { defineSink } from "../definition/sink-definition.ts";
import { syslogSchema } from "./config.ts";
import { MAX_BYTES } from "./request.ts";
import { createSyslogSink } from "./syslog-sink.ts";

export const syslog = defineSink({
  type: "syslog",
  receiver: "RFC 5424 over TLS or TCP, octet counting",
  documentation: "https://www.rfc-editor.org/rfc/rfc5424",
  settings: syslogSchema,
  example: { type: "syslog", host: "syslog.example.com", port: 6514 },
  create: createSyslogSink,
  errorCodes: ["file_unreadable", "secret_missing"],
  // The protocol has none.
  compressions: ["none"],
  // One connection, one order.
  maxConcurrency: 1,
  // `maxMessageSize` bounds an event.
  limits: { requestBytes: MAX_BYTES, eventBytes: null, requestEvents: null },
  timeWindow: "after 2099: sent with the time at which it was recorded, `late` and `event_time`",
  settlesAs: "sent",
  acknowledgement: "nothing: events are *sent*, and count as that when the receiver was seen to read them",
  refusal: "none: the protocol has no refusal",
  probe: "opens a connection and ends it",
  address: ({ host, transport }) => ({ host, encrypted: transport === "tls" }),
});
