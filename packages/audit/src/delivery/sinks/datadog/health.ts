import { DeliveryError } from "../../domain/errors.ts";
import type { HttpClient } from "../../http/http-client.ts";

/** The intake has no health endpoint: an empty request with the key is refused with 400, and a wrong key with 403. */
export async function checkDatadog(
  client: HttpClient,
  url: string,
  apiKey: string,
  signal: AbortSignal,
): Promise<void> {
  const headers = { "dd-api-key": apiKey, "content-type": "application/json" };
  const response = await client.exchange({ method: "POST", url, headers, body: "[]" }, signal);
  if (response.status < 300 || response.status === 400) {
    return;
  }
  throw new DeliveryError("receiver_unavailable", `status ${response.status}: ${response.excerpt}`);
}
