export { originSchema, subnetSchema } from "../address-settings.ts";
export { listenerTlsSchema } from "../tls/config.ts";
