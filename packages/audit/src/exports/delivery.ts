export type { ProducerInput } from "../delivery/audit-events/producer.ts";
export { destinationSchema, type DestinationConfig, type DestinationInput } from "../delivery/config.ts";
export { DELIVERY_ERROR_CODES, DeliveryError, type DeliveryErrorCode } from "../delivery/domain/errors.ts";
export { receiverAddress } from "../delivery/sinks/registry.ts";
export { openTlsFiles } from "../delivery/http/tls-files.ts";
export { createDestination, type AuditDestination as Destination } from "../delivery/create-destination.ts";
export type { RunnerSnapshot } from "../delivery/engine/runner/snapshot.ts";
export { startDelivery, type DeliveryOptions } from "../delivery/start-delivery.ts";
export { type Delivery, type DestinationSnapshot } from "../delivery/engine/delivery.ts";
export type { DeliveryObserver } from "../delivery/engine/ports/observer.ts";
export { createDestinationControl } from "../delivery/postgres/destination-control.ts";
export {
  type DestinationControl,
  type DestinationStatus,
} from "../delivery/engine/ports/destination-control.ts";
export { createQuarantine } from "../delivery/postgres/quarantine.ts";
export {
  type Quarantine,
  type QuarantinedEvent,
  type QuarantineSelection,
} from "../delivery/engine/ports/quarantine.ts";
export { deliveryCatalog, type DeliveryCatalog } from "../delivery/telemetry/catalog.ts";
export { exposeDelivery } from "../delivery/telemetry/gauges.ts";
export { deliveryHealthChecks } from "../delivery/telemetry/health-checks.ts";
export { createDeliveryTelemetry } from "../delivery/telemetry/observer.ts";
