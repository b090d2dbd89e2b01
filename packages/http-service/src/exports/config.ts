export { subnetSchema } from "../address-settings.ts";
export { serverSettings } from "../server-settings.ts";
export { listenerTlsSchema } from "../tls/config.ts";
