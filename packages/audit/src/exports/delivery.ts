export { destinationSchema, type DestinationConfig, type DestinationInput } from "../delivery/config.ts";
export { createDestination } from "../delivery/create-destination.ts";
export { DELIVERY_ERROR_CODES, DeliveryError, type DeliveryErrorCode } from "../delivery/domain/errors.ts";
export { openTlsFiles } from "../delivery/http/tls-files.ts";
export type { Destination } from "../delivery/engine/destination.ts";
export type { RunnerSnapshot } from "../delivery/engine/runner/snapshot.ts";
export {
  startDelivery,
  type Delivery,
  type DeliveryOptions,
  type DestinationSnapshot,
} from "../delivery/start-delivery.ts";
export type { DeliveryObserver } from "../delivery/engine/ports/observer.ts";
export {
  createDestinationControl,
  type DestinationControl,
  type DestinationStatus,
} from "../delivery/postgres/destination-control.ts";
export {
  createQuarantine,
  type Quarantine,
  type QuarantinedEvent,
  type QuarantineSelection,
} from "../delivery/postgres/quarantine.ts";
export { deliveryCatalog, type DeliveryCatalog } from "../delivery/telemetry/catalog.ts";
export { exposeDelivery } from "../delivery/telemetry/gauges.ts";
export { deliveryHealthChecks } from "../delivery/telemetry/health-checks.ts";
export { createDeliveryTelemetry } from "../delivery/telemetry/observer.ts";
