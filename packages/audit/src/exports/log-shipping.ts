export { logShippingSchema, type LogShippingConfig } from "../delivery/log-lines/config.ts";
export { createLogShippingTelemetry } from "../delivery/log-lines/telemetry.ts";
export {
  startLogShipping,
  type LogShipping,
  type LogShippingOptions,
} from "../delivery/log-lines/start-log-shipping.ts";
