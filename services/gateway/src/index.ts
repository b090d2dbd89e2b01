export { apiReference } from "./api/api-reference.ts";
export { describeGateway } from "./api/describe-gateway.ts";
export { configurationReference } from "./config/help.ts";
export { loadConfig } from "./config/load.ts";
export { type GatewayConfig } from "./config/schema.ts";
export { startGateway, type Gateway } from "./composition/start-gateway.ts";
export { startAuthentication } from "./composition/authentication.ts";
export { startPolicy } from "./composition/policy.ts";
export { catalog } from "./telemetry/telemetry.ts";
