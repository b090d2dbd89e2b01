export { createApiClient } from "./api-client.ts";
export { connectLive, type LiveClientUnderTest } from "./live-client.ts";
export { startService } from "./service.ts";
