import type { DestinationConfig } from "./config.ts";
import type { DeliverySettings } from "./engine/settings/settings.ts";
import type { Destination } from "./engine/destination.ts";
import { createFormat } from "./formats/create-format.ts";
import type { Producer } from "./audit-events/format.ts";
import type { Compression } from "./packing/compress.ts";
import type { DeliveryObserver } from "./engine/ports/observer.ts";
import type { StartPoint } from "./engine/ports/ledger.ts";
import type { Sink } from "./domain/sink.ts";
import { createCloudWatchSink } from "./sinks/cloudwatch/cloudwatch-sink.ts";
import { createDatadogSink } from "./sinks/datadog/datadog-sink.ts";
import { createOtlpSink } from "./sinks/otlp/otlp-sink.ts";
import type { SinkContext } from "./sinks/definition/sink-context.ts";
import { createSplunkHecSink } from "./sinks/splunk-hec/splunk-hec-sink.ts";
import { createSyslogSink } from "./sinks/syslog/syslog-sink.ts";
import { createWebhookSink } from "./sinks/webhook/webhook-sink.ts";

/** Makes a destination from its configuration; `environment` is where its secrets are. Throws `DeliveryError`. */
export function createDestination(
  config: DestinationConfig,
  producer: Producer,
  environment: NodeJS.ProcessEnv = {},
  observer: Pick<DeliveryObserver, "tlsFilesChanged"> = {},
): Destination {
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

function createSink(sink: DestinationConfig["sink"], context: SinkContext): Sink {
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

/** Settings of the engine, as people write them down. */
type Limits = Omit<DestinationConfig, "name" | "enabled" | "format" | "start" | "compression" | "sink">;

export function toSettings(config: Limits, compression: DeliverySettings["compression"]): DeliverySettings {
  return {
    maxEvents: config.maxBatchEvents,
    maxBytes: config.maxBatchSize,
    maxCatchUpEvents: config.maxCatchUpEvents,
    maxWaitMs: config.maxBatchWait,
    maxConcurrency: config.maxConcurrency,
    retry: { baseMs: config.retryBaseDelay, maxMs: config.retryMaxDelay },
    breaker: { failures: config.breakerFailures, openMs: config.breakerOpenDuration },
    probeMs: config.breakerProbeInterval,
    checkpointMs: config.checkpointInterval,
    configurationRetryMs: config.configurationRetryInterval,
    maxRefusalsInRow: config.maxRefusalsInRow,
    maxUnsettledEvents: Math.max(config.maxUnsettledEvents, config.maxBatchEvents),
    maxUnsettledBytes: config.maxUnsettledSize,
    probeIntervalMs: config.probeInterval,
    compression,
  };
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
