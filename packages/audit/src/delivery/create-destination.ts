import { type ProducerInput, completeProducer } from "./audit-events/producer.ts";
import { createSink, sinkDefinition } from "./sinks/registry.ts";
import type { DeliverableEvent } from "./audit-events/deliverable-event.ts";
import { toSettings } from "./engine/settings/settings-schema.ts";
import type { DestinationConfig } from "./config.ts";
import type { Destination } from "./engine/destination.ts";
import { createFormat } from "./formats/create-format.ts";
import type { DeliveryObserver } from "./engine/ports/observer.ts";
import type { StartPoint } from "./engine/ports/leadership.ts";

/** A destination that takes events of the audit log. */
export type AuditDestination = Destination<DeliverableEvent>;

/** Makes a destination from its configuration; `environment` is where its secrets are. Throws `DeliveryError`. */
export function createDestination(
  config: DestinationConfig,
  /** Whose events are sent, as formats say it. */
  product: ProducerInput,
  environment: NodeJS.ProcessEnv = {},
  observer: Partial<Pick<DeliveryObserver, "tlsFilesChanged">> = {},
): AuditDestination {
  const producer = completeProducer(product);
  const { compressions, maxConcurrency } = sinkDefinition(config.sink.type);
  const compression = compressions.find((known) => known === config.compression) ?? compressions[0];
  const settings = toSettings(
    { ...config, maxConcurrency: maxConcurrency ?? config.maxConcurrency },
    compression,
  );
  const sink = createSink(config.sink, {
    destination: config.name,
    format: createFormat(config.format, producer),
    compression,
    requestTimeoutMs: config.requestTimeout,
    maxConnections: settings.maxConcurrency,
    product: producer,
    host: producer.host,
    environment,
    tlsNotice: (problem) => observer.tlsFilesChanged?.(config.name, problem),
  });
  return { name: config.name, enabled: config.enabled, start: toStart(config.start), settings, sink };
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
