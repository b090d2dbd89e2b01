export { readSubnet } from "../client-address.ts";
export { listenerTlsSchema } from "../tls/config.ts";
