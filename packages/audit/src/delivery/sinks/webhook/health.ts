import type { HttpClient } from "../../http/http-client.ts";

/** A receiver of webhooks knows nothing but events: a connection that opens shows that one is there. */
export async function checkWebhook(client: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  await client.probe(url, signal);
}
