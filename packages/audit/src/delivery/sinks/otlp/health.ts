import type { HttpClient } from "../../http/http-client.ts";

/** OTLP has no health request, and some receivers refuse one without records: a connection that opens shows that one is there. */
export async function checkOtlp(client: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  await client.probe(url, signal);
}
