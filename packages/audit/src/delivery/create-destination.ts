import type { PreparedRequest, Sink } from "./domain/sink.ts";
import type { DeliverableEvent } from "./audit-events/deliverable-event.ts";
import { toSettings } from "./engine/settings/settings-schema.ts";
import type { DestinationConfig } from "./config.ts";
import type { Destination } from "./engine/destination.ts";
import { createFormat } from "./formats/create-format.ts";
import type { Producer } from "./audit-events/format.ts";
import type { Compression } from "./domain/compression.ts";
import type { DeliveryObserver } from "./engine/ports/observer.ts";
import type { StartPoint } from "./engine/ports/leadership.ts";
import { createCloudWatchSink } from "./sinks/cloudwatch/cloudwatch-sink.ts";
import { createDatadogSink } from "./sinks/datadog/datadog-sink.ts";
import { createOtlpSink } from "./sinks/otlp/otlp-sink.ts";
import type { SinkContext } from "./sinks/definition/sink-context.ts";
import { createSplunkHecSink } from "./sinks/splunk-hec/splunk-hec-sink.ts";
import { createSyslogSink } from "./sinks/syslog/syslog-sink.ts";
import { createWebhookSink } from "./sinks/webhook/webhook-sink.ts";

/** A destination that takes events of the audit log. */
export type AuditDestination = Destination<DeliverableEvent>;

/** Makes a destination from its configuration; `environment` is where its secrets are. Throws `DeliveryError`. */
export function createDestination(
  config: DestinationConfig,
  producer: Producer,
  environment: NodeJS.ProcessEnv = {},
  observer: Pick<DeliveryObserver, "tlsFilesChanged"> = {},
): AuditDestination {
  const compression = compressionOf(config);
  // One connection, one order.
  const maxConcurrency = config.sink.type === "syslog" ? 1 : config.maxConcurrency;
  const settings = toSettings({ ...config, maxConcurrency }, compression);
  const sink = createSink(config.sink, {
    destination: config.name,
    format: createFormat(config.format, producer),
    compression,
    requestTimeoutMs: config.requestTimeout,
    maxConnections: settings.maxConcurrency,
    host: producer.host,
    environment,
    tlsNotice: (problem) => observer.tlsFilesChanged?.(config.name, problem),
  });
  return { name: config.name, enabled: config.enabled, start: toStart(config.start), settings, sink };
}

function compressionOf({ sink, compression }: DestinationConfig): Compression {
  switch (sink.type) {
    case "syslog":
    case "cloudwatch":
      // Their protocols know none.
      return "none";
    case "webhook":
      return compression ?? "none";
    case "splunk_hec":
    case "datadog":
    case "otlp":
      return compression ?? "gzip";
  }
}

function createSink(
  sink: DestinationConfig["sink"],
  context: SinkContext,
): Sink<PreparedRequest<DeliverableEvent>> {
  switch (sink.type) {
    case "splunk_hec":
      return createSplunkHecSink(sink, context);
    case "datadog":
      return createDatadogSink(sink, context);
    case "cloudwatch":
      return createCloudWatchSink(sink, context);
    case "syslog":
      return createSyslogSink(sink, context);
    case "otlp":
      return createOtlpSink(sink, context);
    case "webhook":
      return createWebhookSink(sink, context);
  }
}

function toStart(start: DestinationConfig["start"]): StartPoint {
  if (start === "now") {
    return { from: "now" };
  }
  if (start === "beginning") {
    return { from: "seq", seq: 0 };
  }
  return "seq" in start ? { from: "seq", seq: start.seq } : { from: "time", time: start.time };
}
