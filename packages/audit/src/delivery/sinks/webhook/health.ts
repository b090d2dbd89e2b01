import type { HttpClient } from "../../http/http-client.ts";

/** Whether somebody answers at the address; a receiver of webhooks need not like GET. */
export async function checkWebhook(client: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  await client.exchange({ method: "GET", url, headers: {} }, signal);
}
