import type { HttpResponse } from "./send-request.ts";

/** The text of a response, or `null` when it is longer than `maxBytes`: the rest is not taken. */
export async function readBody(response: HttpResponse, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      // Leaving the loop cancels the stream, which closes the connection.
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
