import { DeliveryError } from "../../domain/errors.ts";
import type { HttpClient } from "../../http/http-client.ts";

/** Asks the collector's own health endpoint, which wants no token. */
export async function checkSplunkHec(client: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  const answer = await client.exchange({ method: "GET", url: `${url}/health`, headers: {} }, signal);
  if (answer.status === 200) {
    return;
  }
  throw new DeliveryError("receiver_unavailable", `status ${answer.status}: ${answer.excerpt}`);
}
