export { logShippingSchema, type LogShippingConfig } from "../delivery/log-shipping/config.ts";
export { createLogShippingTelemetry } from "../delivery/log-shipping/telemetry.ts";
export {
  startLogShipping,
  type LogShipping,
  type LogShippingOptions,
} from "../delivery/log-shipping/start-log-shipping.ts";
