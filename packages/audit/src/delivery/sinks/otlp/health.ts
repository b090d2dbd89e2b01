import { DeliveryError } from "../../errors.ts";
import type { HttpClient } from "../../http/http-client.ts";

/** OTLP has no health request: one without records is accepted, and does nothing. */
export async function checkOtlp(
  client: HttpClient,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const body = '{"resourceLogs":[]}';
  const answer = await client.exchange({ method: "POST", url, headers, body }, signal);
  if (answer.status >= 200 && answer.status < 300) return;
  throw new DeliveryError("receiver_unavailable", `status ${answer.status}: ${answer.excerpt}`);
}
