export { connectLive } from "./live-client.ts";
export { startService } from "./service.ts";
