export { TABLE } from "../api/table.ts";
export { startMetrics } from "../composition/start-metrics.ts";
export { startWebhookReceiver, verifyMessage, type WebhookReceiver } from "../webhooks/testing/receiver.ts";
export { createApiClient } from "./api-client.ts";
export { connectLive, type LiveClientUnderTest } from "./live-client.ts";
export { startService } from "./service.ts";
