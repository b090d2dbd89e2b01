export { configurationReference } from "./config/help.ts";
export { loadConfig } from "./config/load.ts";
export { type GatewayConfig } from "./config/schema.ts";
export { startGateway, type Gateway } from "./start.ts";
export { startAuthentication } from "./start/authentication.ts";
export { startPolicy } from "./start/policy.ts";
export { catalog } from "./telemetry/telemetry.ts";
