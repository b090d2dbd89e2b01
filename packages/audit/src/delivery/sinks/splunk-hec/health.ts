import { DeliveryError } from "../../domain/errors.ts";
import type { HttpClient } from "../../http/http-client.ts";

/** Asks the collector's own health endpoint, which wants no token. */
export async function checkSplunkHec(client: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  const response = await client.exchange({ method: "GET", url: `${url}/health`, headers: {} }, signal);
  if (response.status === 200) {
    return;
  }
  throw new DeliveryError("receiver_unavailable", `status ${response.status}: ${response.excerpt}`);
}
