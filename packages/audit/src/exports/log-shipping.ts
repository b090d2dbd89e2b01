export { logShippingSchema, type LogShippingConfig } from "../delivery/log-lines/config.ts";
export { createLogShippingTelemetry } from "../delivery/telemetry/log-shipping.ts";
export {
  startLogShipping,
  type LogShipping,
  type LogShippingOptions,
} from "../delivery/log-lines/start-log-shipping.ts";
